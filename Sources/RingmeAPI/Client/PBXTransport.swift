import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Sends one HTTP request and reads its answer whole, within a time and a size.
struct PBXTransport: Sendable {
    /// The largest body that is read; a page of 200 extensions has about 200 KiB.
    static let maximumBytes = 8 << 20
    /// The largest body that is unpacked from gzip.
    static let maximumUnpackedBytes = 16 << 20

    var http: HTTPClient
    /// From the first byte sent to the last byte read.
    var timeout: Duration

    /// Why there is no answer.
    enum Failure: Error, Equatable {
        case cancelled
        /// No connection within its time: the request was not sent.
        case connectTimedOut
        /// No answer within the time: whether the PBX acted on the request is unknown.
        case timedOut
        /// No connection, or it broke: whether the PBX acted on the request is unknown.
        case connectionLost
        case tooLarge
        /// The body could not be unpacked.
        case undecodable
    }

    /// Sends a request.
    ///
    /// - Parameter request: the request; the header `Accept-Encoding` is added.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `Failure` when there is no answer that could be read.
    func exchange(_ request: HTTPClientRequest) async throws(Failure) -> PBXAnswer {
        var request = request
        request.headers.replaceOrAdd(name: "Accept-Encoding", value: "gzip")
        let prepared = request
        // The client's own deadline ends with the answer's head; this one holds for the body as well.
        let result = await withTaskGroup(of: Result<PBXAnswer, Failure>.self) { group in
            group.addTask { await self.answer(to: prepared) }
            group.addTask {
                try? await Task.sleep(for: self.timeout)
                return .failure(.timedOut)
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(.cancelled)
        }
        if case .failure = result, Task.isCancelled {
            throw .cancelled
        }
        return try result.get()
    }

    private func answer(to request: HTTPClientRequest) async -> Result<PBXAnswer, Failure> {
        let response: HTTPClientResponse
        do {
            response = try await self.http.execute(request, deadline: .distantFuture)
        } catch {
            return .failure(Self.failure(error))
        }
        do {
            var body: [UInt8] = []
            for try await part in response.body {
                guard body.count + part.readableBytes <= Self.maximumBytes else { return .failure(.tooLarge) }
                body.append(contentsOf: part.readableBytesView)
            }
            return .success(PBXAnswer(status: Int(response.status.code), headers: response.headers, body: body))
        } catch let error where error is HTTPClientError || error is IOError || error is CancellationError {
            return .failure(Self.failure(error))
        } catch {
            return .failure(.undecodable)
        }
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case is CancellationError:
            return .cancelled
        case let error as HTTPClientError:
            let beforeSending: [HTTPClientError] = [
                .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .socksHandshakeTimeout,
                .httpProxyHandshakeTimeout,
            ]
            if beforeSending.contains(error) { return .connectTimedOut }
            if [.deadlineExceeded, .readTimeout, .writeTimeout].contains(error) { return .timedOut }
            return error == .cancelled ? .cancelled : .connectionLost
        default:
            return .connectionLost
        }
    }
}
