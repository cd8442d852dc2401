package import Logging
import ServiceLifecycle
import Synchronization

/// Hears the notifications of any number of channels on one connection of its own.
///
/// Notifications are wake-ups: they get lost when the connection does, and when a consumer does not keep up. In both
/// cases the consumer is told by ``ListenerEvent/reconnected``, and reads the data itself.
package final class PostgresListener: Service, Sendable {
    /// Somebody who iterates over the events of a channel.
    struct Consumer: Identifiable, Sendable {
        let id: UInt64
        let events: AsyncStream<ListenerEvent>.Continuation

        func send(_ event: ListenerEvent) {
            guard case .dropped = self.events.yield(event) else {
                return
            }
            // The consumer does not keep up and has lost the oldest event.
            self.events.yield(.reconnected)
        }
    }

    private struct State {
        var machine = ListenStateMachine<Consumer>()
        var lastConsumer: UInt64 = 0
    }

    /// How many events a consumer may be behind.
    private static let bufferSize = 256

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state = Mutex(State())
    /// Something may be to do. One wake-up stands for many.
    private let wakeUps: AsyncStream<Void>
    private let wakeUpSink: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - configuration: Where to connect to. Not through a transaction pooler, which does not pass notifications on.
    ///   - logger: Learns of connections that cannot be made.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        (self.wakeUps, self.wakeUpSink) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// The events of a channel from now on. Ends when the listener does; the listener stops listening to the channel
    /// when its last consumer has gone away.
    package func events(on channel: String) -> AsyncStream<ListenerEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ListenerEvent.self,
            bufferingPolicy: .bufferingNewest(PostgresListener.bufferSize)
        )
        let (consumer, action) = self.state.withLock { state in
            state.lastConsumer += 1
            let consumer = Consumer(id: state.lastConsumer, events: continuation)
            return (consumer, state.machine.subscribe(consumer, to: channel))
        }
        continuation.onTermination = { [weak self] _ in
            self?.unsubscribe(consumer.id, from: channel)
        }
        switch action {
        case .proceed:
            self.wakeUpSink.yield()
        case .reportActive:
            consumer.send(.reconnected)
        case .refuse:
            continuation.finish()
        }
        return stream
    }

    private func unsubscribe(_ id: Consumer.ID, from channel: String) {
        self.state.withLock { $0.machine.unsubscribe(id, from: channel) }
        self.wakeUpSink.yield()
    }

    /// Listens until it is shut down.
    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            var failures = 0
            while !self.hasEnded {
                do throws(PostgresError) {
                    let connection = try await self.connect()
                    if failures > 0 {
                        self.logger.info("listening for notifications again")
                    }
                    failures = 0
                    try await self.listen(on: connection)
                } catch {
                    failures += 1
                    if failures == 1, !self.hasEnded {
                        self.logger.warning("cannot listen for notifications", metadata: ["error": "\(error)"])
                    }
                }
                await self.pause(afterFailures: max(1, failures))
            }
        } onCancelOrGracefulShutdown: {
            self.end()
        }
    }

    private var hasEnded: Bool { self.state.withLock { $0.machine.hasEnded } }

    private func end() {
        let consumers = self.state.withLock { $0.machine.end() }
        for consumer in consumers {
            consumer.events.finish()
        }
        self.wakeUpSink.finish()
    }
}

// MARK: - One connection

extension PostgresListener {
    private func connect() async throws(PostgresError) -> PostgresConnection {
        let observer = PostgresConnection.Observer(
            onNotification: { [weak self] channel, payload in self?.notified(channel, payload) },
            onClose: { [weak self] _ in self?.wakeUpSink.yield() }
        )
        let configuration = self.configuration
        let logger = self.logger
        do {
            return try await cancelWhenGracefulShutdown {
                try await PostgresConnection.connect(
                    configuration,
                    id: PostgresConnection.nextID(),
                    observer: observer,
                    logger: logger
                )
            }
        } catch {
            throw error as? PostgresError ?? .cancelled
        }
    }

    /// Takes the steps that come up, until the connection is lost or the listener ends.
    private func listen(on connection: PostgresConnection) async throws(PostgresError) {
        self.state.withLock { $0.machine.connected() }
        defer {
            self.state.withLock { $0.machine.disconnected() }
            connection.closeSoon()
        }
        self.wakeUpSink.yield()
        for await _ in self.wakeUps {
            while let step = self.state.withLock({ $0.machine.nextStep() }) {
                try await self.take(step, on: connection)
            }
            guard connection.isOpen else {
                throw PostgresError(.connectionLost, message: "the connection for notifications was lost")
            }
        }
    }

    private func take(
        _ step: ListenStateMachine<Consumer>.Step,
        on connection: PostgresConnection
    ) async throws(PostgresError) {
        switch step {
        case .listen(let channel):
            try await connection.script("LISTEN \(channel.quotedIdentifier)")
            for consumer in self.state.withLock({ $0.machine.listened(channel) }) {
                consumer.send(.reconnected)
            }
        case .unlisten(let channel):
            try await connection.script("UNLISTEN \(channel.quotedIdentifier)")
            self.state.withLock { $0.machine.unlistened(channel) }
        }
    }

    private func notified(_ channel: String, _ payload: String) {
        for consumer in self.state.withLock({ $0.machine.notified(channel) }) {
            consumer.send(.notification(payload))
        }
    }

    private func pause(afterFailures failures: Int) async {
        guard !self.hasEnded else {
            return
        }
        // Cut short by a shutdown, after which the caller looks whether to go on.
        try? await cancelWhenGracefulShutdown {
            try await Task.sleep(for: Backoff.pause(afterFailures: failures))
        }
    }
}

extension String {
    /// The name as an identifier of SQL: LISTEN takes no parameters.
    fileprivate var quotedIdentifier: String {
        let doubled = self.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}
