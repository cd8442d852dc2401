/// An IPv4 or IPv6 address. An IPv4 address written inside IPv6 (`::ffff:a.b.c.d`) is that IPv4 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes.
    let bytes: [UInt8]
    package let description: String

    /// Reads the usual text forms; a zone (`%eth0`) and brackets are tolerated. Nil for anything else.
    package init?(_ text: some StringProtocol) {
        let bare = String(text.prefix { $0 != "%" }).filter { $0 != "[" && $0 != "]" }
        guard let bytes = Self.v4(bare) ?? Self.v6(bare) else { return nil }
        let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        if bytes.count == 16, bytes.starts(with: mappedPrefix) {
            self.bytes = Array(bytes[12...])
            self.description = bytes[12...].map { String($0) }.joined(separator: ".")
        } else {
            self.bytes = bytes
            self.description = bare.lowercased()
        }
    }

    package static func == (left: IPAddress, right: IPAddress) -> Bool {
        left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.bytes)
    }

    /// What one household or server is likely to hold: the address itself, of IPv6 the /64 network.
    var source: [UInt8] {
        self.bytes.count == 4 ? self.bytes : Array(self.bytes.prefix(8))
    }

    private static func v4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part in
            part.utf8.count <= 3 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(part) : nil
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func v6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard text.contains(":"), (1...2).contains(halves.count) else { return nil }
        guard let head = Self.groups(halves[0]), let tail = halves.count == 2 ? Self.groups(halves[1]) : [] else {
            return nil
        }
        let missing = 16 - head.count - tail.count
        guard halves.count == 2 ? missing >= 2 : missing == 0 else { return nil }
        return head + Array(repeating: 0, count: missing) + tail
    }

    /// The bytes of groups between colons; the last may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, group) in groups.enumerated() {
            if index == groups.count - 1, group.contains(".") {
                guard let last = Self.v4(String(group)) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy({ $0.hexadecimalDigit != nil }),
                    let value = UInt16(group, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }
}
