import AsyncHTTPClient
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// A stateful Ringme PBX on a real socket: OAuth, the REST resources that an integration needs, and webhooks of scripted calls.
///
/// It is written from the vendor's documents alone and shares nothing with the server, so that each checks the other's reading.
/// ``state`` is the PBX itself; the same is reachable over HTTP below `/_sim/`.
package final class RingmeSimulator: Service, Sendable {
    /// The PBX behind the socket.
    package let state: SimulatedPBX
    private let configuration: SimulatorConfiguration
    private let logger: Logger
    private let lifecycle = SimulatorLifecycle()
    private let queue: AsyncStream<PlannedCall>
    private let queueInput: AsyncStream<PlannedCall>.Continuation

    /// Creates a simulator that listens once ``run()`` runs.
    package init(configuration: SimulatorConfiguration = SimulatorConfiguration(), logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = SimulatedPBX(
            seed: configuration.seed ?? UInt64.random(in: .min ... .max),
            clock: configuration.clock
        )
        (queue, queueInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(configuration.queuedCalls))
    }

    /// Listens and delivers until it is shut down gracefully or cancelled.
    ///
    /// - Throws: What the socket says, when the address is taken for example.
    package func run() async throws {
        var clientConfiguration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        clientConfiguration.timeout.connect = .seconds(5)
        clientConfiguration.connectionPool.retryConnectionEstablishment = false
        clientConfiguration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            configuration.concurrentDeliveries
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: clientConfiguration)
        let sender = WebhookSender(
            pbx: state,
            http: http,
            slots: DeliverySlots(count: configuration.concurrentDeliveries),
            configuration: configuration
        )
        let result: Result<Void, any Error>
        do {
            try await serve(with: sender)
            result = .success(())
        } catch {
            result = .failure(error)
            lifecycle.stop(because: error)
        }
        lifecycle.stop(because: SimulatorError.notRunning)
        queueInput.finish()
        try await http.shutdown()
        try result.get()
    }

    /// The port it listens on. Waits until it does.
    ///
    /// - Throws: ``SimulatorError`` when it has stopped, what the socket said when it could not start, `CancellationError` when
    ///   the caller is cancelled.
    package func boundPort() async throws -> Int {
        try await lifecycle.running().port
    }

    /// The address it listens at, `http://127.0.0.1:8080`. Waits until it does.
    ///
    /// - Throws: As ``boundPort()``.
    package func baseURL() async throws -> String {
        "http://\(configuration.host):\(try await boundPort())"
    }

    /// Plays a call and waits until each of its events has been answered or given up.
    ///
    /// - Throws: ``SimulatorError`` when the client or somebody the script needs does not exist, or it does not run.
    package func place(_ call: ScriptedCall) async throws -> PlacedCall {
        let sender = try await lifecycle.running().sender
        return try await sender.play(try plan(call, at: state.now))
    }

    /// Plays a scenario with the constants of the vendor's rules.
    ///
    /// - Throws: As ``place(_:)``.
    package func place(_ scenario: Scenario, clientID: Int) async throws -> PlacedCall {
        try await place(ScriptedCall(clientID: clientID, script: .scenario(scenario)))
    }

    /// Plays a scenario by its number in the vendor's rules, `S01`.
    ///
    /// - Throws: As ``place(_:)``, and ``SimulatorError`` for a number that no script has.
    package func place(_ scenarioNumber: String, clientID: Int) async throws -> PlacedCall {
        guard let scenario = Scenario(rawValue: scenarioNumber) else {
            throw SimulatorError.notFound("no such scenario: \(scenarioNumber)")
        }
        return try await place(scenario, clientID: clientID)
    }

    /// Plays a call in the background.
    ///
    /// - Returns: The call as it will be played, without deliveries.
    /// - Throws: ``SimulatorError`` as ``place(_:)``, and when too many calls wait already.
    package func enqueue(_ call: ScriptedCall) throws(SimulatorError) -> PlacedCall {
        let planned = try plan(call, at: state.now)
        guard case .enqueued = queueInput.yield(planned) else {
            throw .conflict("too many calls wait for delivery")
        }
        return PlacedCall(callID: planned.callID, events: planned.events, deliveries: [])
    }

    /// Changes an agent's status; a real change is sent to the rows of `agent-login` or `agent-logout`.
    ///
    /// - Throws: ``SimulatorError`` when there is no such agent or it does not run.
    package func setAgentStatus(_ status: String, agentID: Int) async throws -> [Delivery] {
        let sender = try await lifecycle.running().sender
        guard state.agents.contains(where: { $0.id == agentID }) else {
            throw SimulatorError.notFound("no such agent: \(agentID)")
        }
        guard let fields = state.withState({ $0.setStatus(status, ofAgent: agentID) }) else { return [] }
        let eventType = status == "available" ? "agent-login" : "agent-logout"
        let rows = state.agentEvents(of: agentID).filter { $0.eventType == eventType }
        return await sender.send(fields, to: rows, callID: nil)
    }

    private func plan(_ call: ScriptedCall, at now: Int64) throws(SimulatorError) -> PlannedCall {
        try state.withState { (state) throws(SimulatorError) in try state.plan(call, at: now) }
    }

    private func serve(with sender: WebhookSender) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.listen(with: sender) }
            group.addTask { await self.deliverQueuedCalls(with: sender) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func listen(with sender: WebhookSender) async throws {
        // Hummingbird tells at "info" that it listens; whoever runs the simulator says that themselves.
        var logger = logger
        logger.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: SimulatorResponder(pbx: state, control: ControlAPI(simulator: self)),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "ringme-simulator"
            ),
            onServerRunning: { [configuration, lifecycle, state] channel in
                guard let port = channel.localAddress?.port else { return }
                state.withState { $0.baseURL = "http://\(configuration.host):\(port)" }
                lifecycle.start(SimulatorLifecycle.Running(port: port, sender: sender))
            },
            logger: logger
        )
        try await application.run()
    }

    private func deliverQueuedCalls(with sender: WebhookSender) async {
        await withDiscardingTaskGroup { group in
            for await call in queue {
                group.addTask {
                    do {
                        _ = try await sender.play(call)
                    } catch {
                        self.logger.notice("a call was broken off", metadata: ["call.id": "\(call.callID)"])
                    }
                }
            }
        }
    }
}
