/// The secret in an event URL: whoever knows it can speak for the extension or the agent, so it never prints.
package struct EventToken: Hashable, Sendable {
    /// The 32 characters themselves: only for the URL, for digests and for sealing.
    package let text: String

    /// Nil unless the text is exactly 32 characters of `[0-9a-z]`.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(\.isTokenCharacter) else {
            return nil
        }
        self.text = String(text)
    }

    private init(characters: [UInt8]) {
        self.text = String(decoding: characters, as: UTF8.self)
    }

    /// A new token; each of its characters is equally likely. The generator must be cryptographic outside of tests.
    package static func generate(using generator: inout some RandomNumberGenerator) -> EventToken {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        var characters: [UInt8] = []
        characters.reserveCapacity(Self.length)
        for _ in 0..<Self.length {
            characters.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        }
        return EventToken(characters: characters)
    }

    /// The URL that the PBX is given for this token: `<public url>/ext-event/<token>`, for events of agents
    /// `<public url>/agent-event/<token>`. As secret as the token.
    package func eventURL<Kind: EventKind>(publicURL: String, for kind: Kind.Type = CallEventKind.self) -> String {
        var base = publicURL[...]
        while base.hasSuffix("/") {
            base = base.dropLast()
        }
        return "\(base)/\(kind.urlComponent)/\(self.text)"
    }

    private static let length = 32
}

extension EventToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "<token>"
    }

    package var debugDescription: String {
        "<token>"
    }

    package var customMirror: Mirror {
        Mirror(self, children: [])
    }
}

extension UInt8 {
    fileprivate var isTokenCharacter: Bool {
        self.isASCIIDigit || (self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z"))
    }
}
