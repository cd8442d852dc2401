import Foundation
import Synchronization
import TestSupport

/// The PBX's side: connections that send webhooks, each again and again until it is answered 200.
final class WebhookSenders: Sendable {
    private let servers: ServerPair
    private let tenants: [FlowTenant]
    /// How many send at the same time, each one request after the other.
    private let connections: Int
    private let counts = Mutex((acknowledged: 0, repeated: 0))

    init(servers: ServerPair, tenants: [FlowTenant], connections: Int = 20) {
        self.servers = servers
        self.tenants = tenants
        self.connections = connections
    }

    /// Webhooks answered 200.
    var acknowledged: Int { self.counts.withLock { $0.acknowledged } }
    /// Attempts that were not.
    var repeated: Int { self.counts.withLock { $0.repeated } }

    /// Returns when every webhook was answered 200.
    ///
    /// `atHalf`: runs beside the senders when half of the webhooks were answered.
    func send(_ webhooks: [FlowPlan.Webhook], atHalf: @escaping @Sendable () async throws -> Void) async throws {
        let half = self.acknowledged + webhooks.count / 2
        let (halfReached, signal) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in 0..<self.connections {
                group.addTask {
                    for index in stride(from: connection, to: webhooks.count, by: self.connections) {
                        try await self.send(webhooks[index])
                        let acknowledged = self.counts.withLock { counts in
                            counts.acknowledged += 1
                            return counts.acknowledged
                        }
                        if acknowledged == half { signal.finish() }
                    }
                }
            }
            group.addTask {
                for await _ in halfReached {}
                try await atHalf()
            }
            try await group.waitForAll()
        }
    }

    private func send(_ webhook: FlowPlan.Webhook) async throws {
        guard let path = self.tenants[webhook.event.tenant].paths[webhook.event.delivery.extensionID] else {
            throw BuiltProgram.Failure(description: "extension \(webhook.event.delivery.extensionID) has no event URL")
        }
        var server = webhook.server
        while true {
            // A refused or broken connection is what the death of a server looks like; any answer must be 200 or temporary.
            if let status = try? await self.servers[server].deliver(webhook, to: path) {
                guard status != 200 else { return }
                guard status == 503 else { throw BuiltProgram.Failure(description: "an event was answered \(status)") }
            }
            try Task.checkCancellation()
            self.counts.withLock { $0.repeated += 1 }
            server = 1 - server
        }
    }
}

extension Server {
    /// Sends a webhook in its form.
    ///
    /// - Returns: the status of the answer.
    /// - Throws: when the connection fails.
    fileprivate func deliver(_ webhook: FlowPlan.Webhook, to path: String) async throws -> Int {
        let pairs = webhook.event.delivery.fields.map { "\($0.name)=\($0.value.formEncoded)" }
        switch webhook.form {
        case .query:
            return try await self.send(.get, "\(path)?\(pairs.joined(separator: "&"))").status
        case .body:
            return try await self.post(pairs.joined(separator: "&"), to: path)
        case .queryAndBody:
            let (query, body) = (pairs.prefix(pairs.count / 2), pairs.dropFirst(pairs.count / 2))
            return try await self.post(body.joined(separator: "&"), to: "\(path)?\(query.joined(separator: "&"))")
        }
    }
}

extension String {
    fileprivate var formEncoded: String {
        var text = ""
        for byte in self.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += byte < 16 ? "%0" : "%"
                text += String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
