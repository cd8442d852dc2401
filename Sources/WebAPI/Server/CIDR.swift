/// A network: an address and how many of its first bits count (RFC 4632, RFC 4291).
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    private let address: IPAddress
    private let bits: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address. Nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let width = address.bytes.count * 8
        if parts.count == 2 {
            guard let bits = Int(parts[1]), (0...width).contains(bits) else { return nil }
            self.bits = bits
        } else {
            self.bits = width
        }
        self.address = address
        self.description = "\(address)/\(self.bits)"
    }

    /// Whether the address lies in the network.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == self.address.bytes.count else { return false }
        return zip(self.address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let counted = min(max(self.bits - index * 8, 0), 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> counted)
            return pair.0 & mask == pair.1 & mask
        }
    }
}

/// Who really sent a request that came through proxies.
enum ForwardedAddress {
    /// Walks back through `X-Forwarded-For` as far as the proxies are trusted: what an untrusted sender wrote there itself
    /// does not count.
    ///
    /// `reported`: the header's addresses, the first proxy's note first.
    static func client(peer: IPAddress, reported: [String], trustedProxies: [CIDR]) -> IPAddress {
        var client = peer
        for text in reported.reversed() {
            guard trustedProxies.contains(where: { $0.contains(client) }), let address = IPAddress(text) else { break }
            client = address
        }
        return client
    }
}
