import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Servers that read a POST and answer it, and keep nothing: how fast HTTP alone is.
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Answers every POST with an empty object until it is ended; prints its address."
    )

    enum Server: String, ExpressibleByArgument, CaseIterable {
        case nio, hummingbird
    }

    @Argument(help: "Which server.")
    var server: Server

    func run() async throws {
        switch self.server {
        case .nio:
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                            withPipeliningAssistance: false,
                            withErrorHandling: false,
                            withOutboundHeaderValidation: false
                        )
                        try channel.pipeline.syncOperations.addHandler(BareAnswerer())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            Self.announce(channel)
            try await channel.closeFuture.get()
        case .hummingbird:
            let router = Router()
            router.post("ext-event/{token}") { request, _ in
                _ = try await request.body.collect(upTo: 64 * 1024)
                return Response(
                    status: .ok,
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "{}"))
                )
            }
            let application = Application(
                router: router,
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { Self.announce($0) },
                logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
            )
            try await application.runService()
        }
    }

    private static func announce(_ channel: any Channel) {
        FileHandle.standardOutput.write(Data("listening on http://127.0.0.1:\(channel.localAddress?.port ?? 0)\n".utf8))
    }
}

/// Answers each request when it has come in whole.
private final class BareAnswerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var isKeptAlive = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.isKeptAlive = head.isKeepAlive
        case .body: break
        case .end:
            let headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "2"]
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{}")))), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            if !self.isKeptAlive {
                context.close(promise: nil)
            }
        }
    }
}
