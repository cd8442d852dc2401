/// Where a PBX is, and which client of it is meant.
package struct PBXEndpoint: Sendable, Hashable {
    /// Scheme, host and port, for example `https://apiproxy.telphin.ru`. The API's own path is added.
    package var baseURL: String
    /// The client's number, or `@me`: the client that the application belongs to.
    package var clientID: String

    /// An endpoint. Nothing is checked here: a URL that is none makes every request fail as `invalidRequest`.
    ///
    /// - Parameters:
    ///   - baseURL: scheme, host and port; slashes at its end are dropped.
    ///   - clientID: the client's number, or `@me`.
    package init(baseURL: String, clientID: String = "@me") {
        var baseURL = baseURL
        while baseURL.hasSuffix("/") {
            baseURL.removeLast()
        }
        self.baseURL = baseURL
        self.clientID = clientID
    }

    /// Whether the base is an absolute HTTP URL without user, query and fragment.
    var isValid: Bool {
        for scheme in ["https://", "http://"] where self.baseURL.lowercased().hasPrefix(scheme) {
            let rest = self.baseURL.dropFirst(scheme.count)
            return !rest.isEmpty && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@?#\"<>\\".utf8.contains($0) }
        }
        return false
    }
}
