import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// Sends events and prints what became of them as one line of `name=value`.
struct FireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fire",
        abstract: "Sends events to a server on loopback and prints rate and latency.",
        discussion: """
            Without --rate each connection sends its next event when the last one is answered, so the result is the highest \
            rate. With --rate events are due at even intervals whatever the server does, and the latency of each counts from \
            the instant it was due: waiting for a free connection is not hidden.
            """
    )

    @Option(help: "The server's port on 127.0.0.1.")
    var port: Int

    @Option(help: "A file with an event token a line.")
    var tokens: String

    @Option(help: "Connections at the same time.")
    var connections = 64

    @Flag(help: "A new connection for each event.")
    var newConnections = false

    @Option(help: "Seconds that are measured.")
    var seconds = 4.0

    @Option(help: "Seconds before that, which are not.")
    var warmUp = 1.0

    @Option(help: "Events a second; without it as many as the server answers.")
    var rate: Double?

    func run() async throws {
        let tokens = try String(contentsOfFile: self.tokens, encoding: .utf8).split(separator: "\n").map { String($0) }
        guard !tokens.isEmpty else { throw ValidationError("\(self.tokens) holds no token") }
        let plan = LoadPlan(
            target: try SocketAddress(ipAddress: "127.0.0.1", port: self.port),
            connections: self.connections,
            isNewConnectionEach: self.newConnections,
            warmUp: .nanoseconds(Int64(self.warmUp * 1e9)),
            measured: .nanoseconds(Int64(self.seconds * 1e9)),
            interval: self.rate.map { .nanoseconds(Int64(1e9 / $0)) }
        )
        // One thread: the server shall have the rest of the machine.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let requests = EventRequests(tokens: tokens, seed: .random(in: 0 ... .max), isLast: self.newConnections)
        let eventLoop = group.next()
        let result = try await eventLoop.flatSubmit {
            Load(plan: plan, requests: requests, eventLoop: eventLoop).run()
        }.get()
        try await group.shutdownGracefully()
        print(result.line)
    }
}
