import FoundationEssentials

/// The beginning of an event's bytes, to be shown to people.
package struct RawExcerpt: Hashable, Sendable {
    package enum Encoding: String, Sendable {
        case text, base64
    }

    /// The longest beginning that is shown, in bytes.
    package static let maximumBytes = 4096

    package var text: String
    package var encoding: Encoding
    /// How many bytes there are in all.
    package var byteCount: Int

    package init(text: String, encoding: Encoding, byteCount: Int) {
        self.text = text
        self.encoding = encoding
        self.byteCount = byteCount
    }

    /// The excerpt as text when the bytes are UTF-8, else in base64.
    package init(_ bytes: [UInt8]) {
        let beginning = Array(bytes.prefix(Self.maximumBytes))
        // A character that the limit cuts in two is left out.
        let isCut = bytes.count > beginning.count
        let text = (0...(isCut ? 3 : 0)).lazy
            .compactMap { String(validating: beginning.dropLast($0), as: UTF8.self) }.first
        self.text = text ?? Data(beginning).base64EncodedString()
        self.encoding = text == nil ? .base64 : .text
        self.byteCount = bytes.count
    }
}
