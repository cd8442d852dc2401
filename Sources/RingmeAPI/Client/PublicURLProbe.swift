import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Sends requests to this product's own public URL, over the network and through whatever stands in front of it, as the PBX
/// does. Its results hold no URL.
package struct PublicURLProbe: Sendable {
    /// What is there.
    package enum Health: Hashable, Sendable {
        case ours
        /// Something else answers.
        case foreign(status: Int)
        /// Nobody answers.
        case unreachable
    }

    private let transport: PBXTransport

    /// `http`: is not shut down here.
    /// `timeout`: how long one request may take.
    package init(http: PBXHTTPClient, timeout: Duration = .seconds(10)) {
        self.transport = PBXTransport(http: http.client, timeout: timeout)
    }

    /// Asks `<public url>/healthz`.
    package func health(of publicURL: String) async -> Health {
        var base = publicURL
        while base.hasSuffix("/") { base.removeLast() }
        guard PBXEndpoint(baseURL: base).isValid else { return .unreachable }
        let answer: PBXAnswer
        do throws(PBXTransport.Failure) {
            answer = try await self.transport.exchange(HTTPClientRequest(url: base + "/healthz"))
        } catch {
            return .unreachable
        }
        let body = String(decoding: answer.body, as: UTF8.self).filter { !$0.isWhitespace }
        return answer.status == 200 && body == #"{"status":"ok"}"# ? .ours : .foreign(status: answer.status)
    }

    /// Posts an event.
    ///
    /// - Parameters:
    ///   - fields: its fields.
    ///   - eventURL: a secret.
    /// - Returns: the status of the answer; nil when there is none.
    package func post(_ fields: [(name: String, value: String)], to eventURL: String) async -> Int? {
        var request = HTTPClientRequest(url: eventURL)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(ByteBuffer(string: formEncoded(fields)))
        do throws(PBXTransport.Failure) {
            return try await self.transport.exchange(request).status
        } catch {
            return nil
        }
    }
}
