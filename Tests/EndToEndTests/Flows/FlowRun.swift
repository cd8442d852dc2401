import Foundation
import Logging
import Postgres
import Storage
import Telephony
import TestSupport

/// Random flows of three tenants, delivered over 20 connections to two servers on one database, each of which was killed once
/// meanwhile; and a reader of each tenant's feed that followed it all the time.
struct FlowRun: Sendable {
    let database: TestDatabase
    let servers: ServerPair
    let plan: FlowPlan
    let senders: WebhookSenders
    let tenants: [FlowTenant]
    /// Of the tenants, in their order.
    let readers: [FeedReader]
    let superuser: PostgresConnection
    /// By our account, when the two parts of the plan were sent.
    private let arrivals: (first: Timestamp, later: Timestamp)

    private static let connections = 20

    /// Runs `body` when everything was delivered and assembled, and the readers have seen the last entry.
    ///
    /// `flows`: how many, unless `RINGBRIDGE_RANDOM_FLOWS` says otherwise. The seed is printed; `RINGBRIDGE_SEED` repeats one.
    static func with(flows: Int, _ body: (FlowRun) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        let flows = environment["RINGBRIDGE_RANDOM_FLOWS"].flatMap(Int.init) ?? flows
        let seed = environment["RINGBRIDGE_SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64(UInt32.max))
        print("\(flows) random flows, RINGBRIDGE_SEED=\(seed)")
        try await TestDatabase.with { database in
            let superuser = try await PostgresConnection.connect(database.superuser, logger: Logger(label: "test"))
            let result: Result<Void, any Error>
            do {
                let tenants = try await Self.makeTenants(in: database.database)
                try await ServerPair.with(on: database) { servers in
                    let run = try await Self.deliver(
                        flows: flows,
                        seed: seed,
                        of: tenants,
                        to: servers,
                        on: database,
                        superuser: superuser
                    )
                    try await body(run)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await superuser.close()
            try result.get()
        }
    }

    /// Different settings, so that the same events mean different things.
    private static func makeTenants(in database: Database) async throws -> [FlowTenant] {
        var inclusive = TenantSettings(externalOnly: false, recordUnansweredOutgoing: false)
        inclusive.graceSeconds = 0.5
        return [
            try await FlowTenant.make("alpha", settings: TenantSettings(), in: database),
            try await FlowTenant.make("beta", settings: inclusive, in: database),
            try await FlowTenant.make("gamma", settings: TenantSettings(directMissed: true), in: database),
        ]
    }

    private static func deliver(
        flows: Int,
        seed: UInt64,
        of tenants: [FlowTenant],
        to servers: ServerPair,
        on database: TestDatabase,
        superuser: PostgresConnection
    ) async throws -> FlowRun {
        let start = Timestamp.now
        // Some flows have times of whole seconds: from a whole second on, a seed gives the same plan at any time.
        let plan = FlowPlan(
            seed: seed,
            flows: flows,
            tenants: tenants.count,
            startingAt: (start.microseconds / 1_000_000 - 1200) * 1_000_000
        )
        let senders = WebhookSenders(servers: servers, tenants: tenants, connections: Self.connections)
        let readers = tenants.map { FeedReader(servers: servers, key: $0.key) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in readers {
                group.addTask { try await reader.follow() }
            }
            try await senders.send(plan.first) { try await servers.killAndRestart(0) }
            try await superuser.waitForAssembly()
            var tenants = tenants
            try await tenants[2].changeUsers(at: Timestamp.now, in: database.database)
            let later = Timestamp.now
            try await senders.send(plan.later) { try await servers.killAndRestart(1) }
            try await superuser.waitForAssembly()
            let ends = try await superuser.lastSeqs()
            for (tenant, reader) in zip(tenants, readers) {
                reader.finish(at: ends[tenant.id.rawValue] ?? 0)
            }
            try await group.waitForAll()
            return FlowRun(
                database: database,
                servers: servers,
                plan: plan,
                senders: senders,
                tenants: tenants,
                readers: readers,
                superuser: superuser,
                arrivals: (start, later)
            )
        }
    }

    /// The records of all calls by the pure function, long after the last event.
    ///
    /// `settings`: of each tenant.
    func expectedCalls(settings: (FlowTenant) -> TenantSettings = \.settings) throws -> [RecordPlace: CallContent] {
        struct Call: Hashable {
            var tenant: Int
            var callID: CallID
        }
        var events: [Call: [CallEvent]] = [:]
        for (webhooks, arrival) in [(self.plan.first, self.arrivals.first), (self.plan.later, self.arrivals.later)] {
            for event in webhooks.map(\.event) {
                guard let callID = CallID(received: event.callID) else {
                    throw BuiltProgram.Failure(description: "\(event.callID) is no CallID")
                }
                events[Call(tenant: event.tenant, callID: callID), default: []].append(
                    CallEvent(
                        extensionID: ExtensionID(rawValue: event.delivery.extensionID),
                        arrivedAt: arrival,
                        fields: EventFields(event.delivery.fields.map { ($0.name, $0.value) })
                    )
                )
            }
        }
        let directory = ExtensionDirectory(
            TenantFixture.extensions.map { ExtensionRef(id: $0.id, name: $0.name, type: $0.type) }
        )
        var calls: [RecordPlace: CallContent] = [:]
        for (call, events) in events {
            let tenant = self.tenants[call.tenant]
            let assembly = assemble(
                CallInput(
                    callID: call.callID,
                    events: events,
                    directory: directory,
                    history: tenant.history,
                    settings: settings(tenant),
                    grace: 1_000_000,
                    now: self.arrivals.later.advanced(bySeconds: 86_400)
                )
            )
            for record in assembly.records {
                let place = RecordPlace(
                    tenantID: tenant.id.rawValue,
                    callID: record.callID.rawValue,
                    key: record.key.rawValue
                )
                calls[place] = CallContent(record)
            }
        }
        return calls
    }
}

extension Timestamp {
    /// By the machine's clock.
    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
