import AsyncHTTPClient
import NIOCore
import NIOHTTPCompression

/// The HTTP client for requests to PBXs, one for the process.
///
/// Redirects are refused, since they would carry the token to another host; a connection has 5 s to be made, an answer may
/// be silent for 15 s; gzip, which the vendor demands, is unpacked up to 16 MiB. Nothing is retried: the durable to-do
/// rows are the only layer that repeats.
package struct PBXHTTPClient: Sendable {
    let client: HTTPClient

    /// A client that answers for every PBX. Whoever makes it shuts it down.
    package init() {
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration)
    }

    static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(5), read: .seconds(15))
        configuration.decompression = .enabled(limit: .size(PBXTransport.maximumUnpackedBytes))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }

    /// Closes its connections; requests in progress fail.
    package func shutdown() async throws {
        try await self.client.shutdown()
    }
}
