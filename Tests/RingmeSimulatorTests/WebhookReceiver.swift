import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A server that keeps every webhook it gets and answers with a chosen status.
final class WebhookReceiver: Sendable {
    /// A webhook as it came in.
    struct Received: Sendable {
        var method: String
        var path: String
        var query: String
        var contentType: String?
        var body: String

        /// The fields, wherever they were.
        var fields: [String: String] {
            let text = body.isEmpty ? query : body
            return Dictionary(
                text.split(separator: "&").map { pair in
                    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
                }
            ) { first, _ in first }
        }

        private static func decoded(_ text: Substring) -> String {
            text.replacing("+", with: " ").percentDecoded() ?? "?"
        }
    }

    private let received = Mutex<[Received]>([])
    private let status: HTTPResponse.Status

    init(status: HTTPResponse.Status = .ok) {
        self.status = status
    }

    var requests: [Received] { received.withLock { $0 } }

    /// Listens while `body` runs, which gets the base URL.
    func listen(_ body: @Sendable (String) async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                let body = try await request.body.collect(upTo: 1 << 20)
                let received = Received(
                    method: request.method.rawValue,
                    path: request.uri.path,
                    query: request.uri.query ?? "",
                    contentType: request.headers[.contentType],
                    body: String(buffer: body)
                )
                self.received.withLock { $0.append(received) }
                return Response(status: self.status)
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
            },
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await number in ports {
                try await body("http://127.0.0.1:\(number)")
                break
            }
        }
    }
}

extension StringProtocol {
    /// The text with `%XX` decoded; apart from the simulator's own code, which is under test.
    func percentDecoded() -> String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
