import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import WebAPI

@Suite("Readers that take nothing")
struct StalledReaderHandlerTests {
    private static func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: StalledReaderHandler(patience: .seconds(60)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static let part = HTTPResponsePart.body(ByteBuffer(string: "x"))

    @Test("a connection that takes nothing of an answer for the time of patience is closed")
    func stalled() throws {
        let channel = try Self.channel()
        // Not flushed: the connection does not take it.
        channel.write(Self.part, promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("a slow one that takes some is not, nor one to which nothing is owed")
    func slow() throws {
        let channel = try Self.channel()
        for _ in 0..<5 {
            channel.write(Self.part, promise: nil)
            channel.embeddedEventLoop.advanceTime(by: .seconds(40))
            channel.flush()
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(3600))
        #expect(channel.isActive)
        _ = try channel.finish()
    }
}
