/// What the PBX says of the hourly budget, which all applications of a client share: the `X-RateLimit-…` headers. They
/// come with every REST answer, errors included, and never from the token endpoint.
package struct RateLimit: Sendable, Hashable {
    /// Requests an hour.
    package var limit: Int?
    /// Requests left in this hour.
    package var remaining: Int?
    /// Seconds until the count begins anew.
    package var resetSeconds: Int?

    /// A budget as read elsewhere.
    ///
    /// - Parameters:
    ///   - limit: requests an hour.
    ///   - remaining: requests left.
    ///   - resetSeconds: seconds until the count begins anew.
    package init(limit: Int?, remaining: Int?, resetSeconds: Int?) {
        self.limit = limit
        self.remaining = remaining
        self.resetSeconds = resetSeconds
    }

    /// The budget, nil when none of its three numbers is known.
    var ifAny: RateLimit? {
        self.limit == nil && self.remaining == nil && self.resetSeconds == nil ? nil : self
    }

    /// A header's number: fractions are rounded up, so that nobody comes too early; negative is 0.
    ///
    /// - Parameter text: the header's value.
    /// - Returns: nil when it is no number.
    static func number(in text: String) -> Int? {
        guard let value = Double(trimmingSpaces(text)), value.isFinite, value < 1e12 else { return nil }
        return max(0, Int(value.rounded(.up)))
    }
}
