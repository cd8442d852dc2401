/// The PBX's id of a call, the same for all its extensions and legs. The PBX writes it in small letters in webhooks and
/// in capitals in its call history, so it is compared and shown in small letters.
package struct CallID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Takes the text as it is: for ids that were cleaned when they were stored.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The id in a received value, trimmed and in small letters; nil when nothing is left or it exceeds 200 bytes.
    ///
    /// What is not ASCII, and no PBX sends that, is percent-encoded: two texts that only Unicode holds for equal would be one
    /// id here and two in the database.
    package init?(received: String) {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in received.trimmed().utf8 {
            if byte < 0x80, byte != UInt8(ascii: "%") {
                bytes.append(byte.lowercasedASCII)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        guard !bytes.isEmpty, bytes.count <= 200 else {
            return nil
        }
        self.rawValue = String(decoding: bytes, as: UTF8.self)
    }

    package var description: String {
        self.rawValue
    }

    package static func < (left: CallID, right: CallID) -> Bool {
        left.rawValue < right.rawValue
    }
}
