import NIOCore

/// Events as whole requests: hangups of about 600 bytes, each of a call of its own, to one token after another.
struct EventRequests: Sendable {
    private let heads: [ByteBuffer]
    private let seed: UInt64
    private var number: UInt64 = 0

    /// `isLast`: whether each is the last one of its connection.
    init(tokens: [String], seed: UInt64, isLast: Bool) {
        let length = Self.beforeCallID.utf8.count + 32 + Self.between.utf8.count + 32 + Self.afterSubCallID.utf8.count
        self.heads = tokens.map { token in
            ByteBuffer(
                string: "POST /ext-event/\(token) HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n"
                    + (isLast ? "Connection: close\r\n" : "") + "Content-Length: \(length)\r\n\r\n"
            )
        }
        self.seed = seed
    }

    /// Writes the next one.
    mutating func next(into buffer: inout ByteBuffer) {
        self.number += 1
        let callID = Self.hexadecimal(self.seed) + Self.hexadecimal(self.number)
        buffer.writeImmutableBuffer(self.heads[Int(self.number % UInt64(self.heads.count))])
        buffer.writeString(Self.beforeCallID)
        buffer.writeBytes(callID)
        buffer.writeString(Self.between)
        buffer.writeBytes(callID)
        buffer.writeString(Self.afterSubCallID)
    }

    private static let beforeCallID = "EventType=hangup&CallID="
    private static let between = "&SubCallID=85219-"
    private static let afterSubCallID =
        "&CallerIDNum=%2B79161112233&CallerIDName=%D0%90%D0%BD%D0%BD%D0%B0+%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2%D0%B0"
        + "&CallFlow=in&CallStatus=ANSWER&CallerExtension=2566%2A200%40sip.example.com&CallerExtensionID=90001"
        + "&CalledDID=74959998877&CalledNumber=2566%2A102&CalledExtension=2566%2A102%40sip.example.com"
        + "&CalledExtensionID=101&EventTime=1763834000000000&Duration=61000000&Transfered=no&Bridged=yes"
        + "&RecID=85219-5f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f&RemoteNumber=%2B79161112233&CallAPIID=5f1c2d3e4a5b6c7d"

    private static func hexadecimal(_ number: UInt64) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<16).map { digits[Int(number >> UInt64(60 - 4 * $0) & 15)] }
    }
}
