import FoundationEssentials
import RingmeAPI
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// The hourly budget of a PBX client, shared by its tenants and by all processes: cases R12 and R16 of the edge cases.
@Suite("Reconcile: budget", .timeLimit(.minutes(5)))
struct ReconcileBudgetTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let four = ["answer", "dial-in", "dial-out", "hangup"]

    @Test("R12: 429 with Reset=3599: nothing is sent for exactly that long, over restarts; another PBX client goes on")
    func resetIsKept() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.seedStandardClient(
                appID: "other",
                appSecret: "secret",
                clientID: 20_500,
                prefix: "3566",
                idOffset: 500_000
            )
            let other = try await world.tenant("900", appID: "other")
            _ = world.pbx.pbx.addFault(
                Fault(.rateLimited(resetSeconds: 3_599), clientID: SimulatedPBX.standardClientID, resource: .events)
            )
            _ = try await world.map([(85_219, "u1"), (85_220, "u1")])
            _ = try await world.map([(585_219, "u1")], of: other)
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(world.types(of: 585_219) == Self.four)
            #expect(Set(try await world.problemCodes()) == [.rateLimited])
            world.pbx.pbx.clearRequestLog()
            try await world.pass(3_590)
            while try await world.process().reconcileDue() > 0 {}
            #expect(world.pbx.pbx.requestLog == [])
            try await world.pass(30)
            while try await world.process().reconcileDue() > 0 {}
            #expect(world.types(of: Self.phone) == Self.four)
            #expect(world.types(of: 85_220) == Self.four)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R12: 429 without Reset: the client waits a minute, twice as long each time, at most a quarter of an hour")
    func doubling() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            _ = world.pbx.pbx.addFault(Fault(.rateLimited(resetSeconds: nil), resource: .events, times: 6))
            try await world.reconcile()
            for wait in [60, 120, 240, 480, 900, 900] {
                world.pbx.pbx.clearRequestLog()
                try await world.pass(wait - 10)
                try await world.reconcile()
                // Somebody presses "retry now": the block is the client's, not the to-do's.
                try await world.requestAll()
                try await world.reconcile()
                #expect(world.pbx.pbx.requestLog.filter { $0.resource == .events } == [], "before \(wait) s")
                try await world.pass(11)
                try await world.reconcile()
                #expect(!world.pbx.pbx.requestLog.filter { $0.resource == .events }.isEmpty, "after \(wait) s")
            }
            #expect(world.types(of: Self.phone) == Self.four)
            #expect(try await world.problemCodes() == [])
        }
    }

    @Test("R12: a request that was concurrent with another comes again after 5 s, and the budget is not blocked")
    func concurrentRequest() async throws {
        try await ReconcilerTests.with { world in
            _ = world.pbx.pbx.addFault(Fault(.concurrentRequest, resource: .events, extensionID: Self.phone))
            _ = try await world.map([(85_219, "u1"), (85_220, "u1")])
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(world.types(of: 85_220) == Self.four)
            try await world.pass(6)
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == Self.four)
        }
    }

    @Test("after such a refusal requests to that resource go one at a time, in their order; others are free")
    func turns() async {
        let turns = Turns()
        let owner = PBXBudgetOwner(pbxURL: "u", pbxClient: "c")
        await turns.take(.callHistory, of: owner)
        await turns.take(.callHistory, of: owner)
        await turns.oneAtATime(.callHistory, of: owner)
        await turns.giveBack(.callHistory, of: owner)
        await turns.giveBack(.callHistory, of: owner)
        let order = AsyncStream.makeStream(of: Int.self)
        await turns.take(.callHistory, of: owner)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await turns.take(.callHistory, of: owner)
                order.continuation.yield(2)
                await turns.giveBack(.callHistory, of: owner)
                order.continuation.finish()
            }
            while await turns.waiting(for: .callHistory, of: owner) == 0 { await Task.yield() }
            await turns.take(.listEvents, of: owner)
            order.continuation.yield(1)
            await turns.giveBack(.callHistory, of: owner)
        }
        #expect(await order.stream.reduce(into: []) { $0.append($1) } == [1, 2])
    }

    @Test("R12: another process that had not met the refusal was in the way of the first: turns hold for all processes")
    func turnsOfTwoProcesses() async throws {
        try await ReconcilerTests.with { world in
            let gateways = (0..<2).map { _ in
                PBXGateway(
                    http: world.http,
                    defaultURL: world.pbx.url,
                    database: world.database,
                    keyRing: world.keyRing,
                    logger: ReconcilerTests.logger
                )
            }
            let tenant = try #require(
                try await world.database.system { try await $0.tenants.find(world.scope.tenantID) }
            )
            let sessions = try gateways.map { try $0.session(for: tenant) }
            @Sendable func ask(_ session: PBXSession) async throws {
                try await session.resolveClient(of: tenant, scope: world.scope, isInteractive: true)
                _ = try await session.send(isInteractive: true) { client throws(PBXError) in
                    try await client.callHistory(from: 0, to: 1_000_000)
                }
            }
            _ = world.pbx.pbx.addFault(Fault(.concurrentRequest, resource: .callHistory))
            await #expect(throws: PBXFailure.self) { try await ask(sessions[0]) }
            world.pbx.pbx.clearRequestLog()
            // From now on the PBX takes its time, and refuses what comes meanwhile.
            _ = world.pbx.pbx.addFault(Fault(.none, resource: .callHistory, times: nil, delay: .milliseconds(20)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask { try await ask(sessions[index % 2]) }
                }
                try await group.waitForAll()
            }
            let asked = world.pbx.pbx.requestLog.filter { $0.resource == .callHistory }
            #expect(asked.map(\.status) == Array(repeating: 200, count: 10))
        }
    }

    @Test("a turn is taken by one, given back by whoever has it, free when it ran out, and not needed after a day")
    func storedTurns() async throws {
        try await TestDatabase.with { test in
            let owner = PBXBudgetOwner(pbxURL: "u", pbxClient: "c")
            let holders = [UUID(), UUID()]
            func take(_ index: Int, _ resource: String = "r") async throws -> PBXTurn {
                try await test.database.system { transaction in
                    try await transaction.takeTurn(at: resource, of: owner, holder: holders[index], seconds: 30)
                }
            }
            func giveBack(_ index: Int) async throws {
                try await test.database.system { transaction in
                    try await transaction.giveBackTurn(at: "r", of: owner, holder: holders[index])
                }
            }
            #expect(try await take(0) == .notNeeded)
            try await test.database.system { try await $0.needTurns(at: "r", of: owner) }
            #expect(try await take(0) == .taken)
            #expect(try await take(1) == .waits)
            #expect(try await take(1, "other") == .notNeeded)
            try await giveBack(1)
            #expect(try await take(1) == .waits)
            try await giveBack(0)
            #expect(try await take(1) == .taken)
            try await test.script("UPDATE pbx_turns SET held_until = held_until - interval '31 s'")
            #expect(try await take(0) == .taken)
            try await test.script("UPDATE pbx_turns SET refused_at = refused_at - interval '1 day'")
            #expect(try await take(1) == .notNeeded)
        }
    }

    @Test("R16: a listing of many pages asks the budget before each page, and goes on after the reset")
    func everyPageCounts() async throws {
        try await ReconcilerTests.with { world in
            for index in 0..<1_000 {
                try world.pbx.pbx.addExtension(
                    SimulatedExtension(
                        id: 200_000 + index,
                        clientID: SimulatedPBX.standardClientID,
                        name: "2566*\(1_000 + index)",
                        type: "phone"
                    )
                )
            }
            try world.pbx.pbx.setRateLimit(10, clientID: SimulatedPBX.standardClientID)
            try await world.pass(3_601)
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try await world.script("UPDATE directory_syncs SET due_at = now(), interactive = false")
            world.pbx.pbx.clearRequestLog()
            try await world.readDirectory()
            // 10 less 5 of the phone's run; 20 % of 10 stay.
            #expect(world.pbx.pbx.requestLog.filter { $0.resource == .extensions }.map(\.status) == [200, 200, 200])
            let listed = try await world.database.tenant(world.scope) { try await $0.directory.list() }
            #expect(listed.count == 6, "no part of a listing is taken for the whole")
            try await world.pass(3_601)
            try await world.script("UPDATE directory_syncs SET due_at = now()")
            try await world.readDirectory()
            let complete = try await world.database.tenant(world.scope) { try await $0.directory.list() }
            #expect(complete.count == 1_006)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R16: requests on their way count: of eight at once only as many are sent as the reserve allows")
    func requestsInFlight() async throws {
        try await TestDatabase.with { test in
            let owner = PBXBudgetOwner(pbxURL: "u", pbxClient: "c")
            try await test.database.system { transaction in
                _ = try await transaction.recordBudget(
                    PBXBudgetNews(limit: 20, remaining: 7, resetSeconds: 3_600),
                    of: owner
                )
            }
            let turns = Turns()
            func admitted() async -> Int {
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            await BudgetGate(owner: owner, isInteractive: false, database: test.database, turns: turns)
                                .admit(.listEvents)
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            #expect(await admitted() == 3)
            // No answer came to one of them: perhaps it was never sent.
            try await test.database.system { try await $0.giveBackRequest(of: owner) }
            #expect(await admitted() == 1)
        }
    }

    @Test("R16: drift checks leave the reserve, an edit uses of it, and all goes on after the reset")
    func reserve() async throws {
        try await ReconcilerTests.with { world in
            let phones = try Self.addPhones(60, world)
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.readDirectory()
            _ = try await world.map(phones.map { ($0, "u1") })
            try await world.reconcile()
            try world.pbx.pbx.setRateLimit(50, clientID: SimulatedPBX.standardClientID)
            try await world.pass(21_601)
            try await world.reconciler.keepHouse()
            world.pbx.pbx.clearRequestLog()
            try await world.reconcile()
            func answered() -> Int { world.pbx.pbx.requestLog.count { $0.status == 200 && $0.resource == .events } }
            #expect(answered() == 40)
            #expect(try await world.problemCodes() == [], "a look that has to wait is no trouble")
            _ = try await world.map(phones.map { ($0, "u1") } + [(85_219, "u1")])
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == Self.four)
            try await world.pass(3_601)
            try await world.reconcile()
            // One GET for each phone, and no more, but for the edit's.
            #expect(
                world.pbx.pbx.requestLog.filter { $0.method == "GET" && $0.resource == .events && $0.status == 200 }
                    .count == 61
            )
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).count == 4)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("a thousand to-dos of one tenant leave every other turn to another tenant, and places free")
    func fairness() async throws {
        try await TestDatabase.with { test in
            let database = test.database
            let scopes = [
                try await TenantFixture.make("1-large", in: database),
                try await TenantFixture.make("2-small", in: database),
            ]
            for (scope, count) in zip(scopes, [1_000, 10]) {
                try await TenantFixture.list(
                    (0..<count).map {
                        ListedExtension(
                            id: ExtensionID(rawValue: Int64($0 + 1)),
                            name: "1*\($0)",
                            type: .phone,
                            label: nil,
                            status: "active"
                        )
                    },
                    of: scope,
                    in: database
                )
                _ = try await TenantFixture.map((0..<count).map { (Int64($0 + 1), "u1") }, of: scope, in: database)
            }
            func claim(_ limit: Int) async throws -> [ReconcileClaim] {
                try await database.system { transaction in
                    try await transaction.reconcileClaims.claim(
                        claimID: UUID(),
                        leaseSeconds: 60,
                        limit: limit,
                        perTenant: 4
                    )
                }
            }
            func settle(_ claims: [ReconcileClaim]) async throws {
                try await database.system { transaction in
                    for claim in claims {
                        _ = try await transaction.reconcileClaims.finish(
                            claim,
                            state: SubscriptionState(
                                extensionID: claim.extensionID,
                                state: .active,
                                generation: claim.generation
                            ),
                            rows: nil,
                            problem: nil,
                            outcome: .settled
                        )
                    }
                }
            }
            let first = try await claim(8)
            #expect(first.count { $0.scope == scopes[0] } == 4)
            #expect(first.count { $0.scope == scopes[1] } == 4)
            #expect(first.allSatisfy { $0.isInteractive })
            let more = try await claim(8)
            #expect(more.isEmpty, "no more than four of one tenant at a time")
            try await settle(first)
            var served: [TenantID] = []
            for _ in 0..<16 {
                let claims = try await claim(1)
                served += claims.map(\.scope.tenantID)
                try await settle(claims)
            }
            #expect(served.prefix(12).count { $0.rawValue == "2-small" } == 6)
            #expect(Set(served.suffix(4).map(\.rawValue)) == ["1-large"])
            // Of a large change thirty are somebody's to wait for.
            let next = try await claim(1)
            #expect(next.map(\.isInteractive) == [true])
            let rest = try await database.system { try await $0.removals.progress(of: scopes[0].tenantID).extensions }
            #expect(rest.count == 1_000 - 4 - 10)
        }
    }

    @Test("1,000 phones, 1,000 requests an hour: converges over the hours, no 429, edits in between served at once")
    func thousandPhones() async throws {
        try await ReconcilerTests.with(poolSize: 16) { world in
            let phones = try Self.addPhones(1_010, world)
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.readDirectory()
            try await world.pass(3_601)
            world.pbx.pbx.clearRequestLog()
            var wanted = Array(phones.prefix(1_000))
            _ = try await world.map(wanted.map { ($0, "u1") })
            var hours = 0
            while hours < 12 {
                try await world.reconcile()
                let active = try await world.states().count { $0.state == .active }
                if active == wanted.count { break }
                // The hour's budget is spent but for the reserve; somebody maps one more phone.
                wanted.append(phones[1_000 + hours])
                _ = try await world.map(wanted.map { ($0, "u1") })
                try await world.reconcile()
                #expect(world.types(of: Int(phones[1_000 + hours])) == Self.four, "hour \(hours)")
                hours += 1
                try await world.pass(3_601)
            }
            #expect(try await world.states().count { $0.state == .active } == wanted.count)
            #expect(world.pbx.pbx.allEvents.count == 4 * wanted.count)
            let log = world.pbx.pbx.requestLog.filter { $0.resource != .token }
            let used = log.count { $0.status != 401 }
            let least = 5 * wanted.count
            print("1,000 phones: \(hours) hours after the first, \(used) requests, at least \(least)")
            #expect(log.filter { $0.status == 429 } == [])
            #expect(world.pbx.pbx.violations == [])
            // A run that the reserve stops half-way lists again when it goes on; at most eight run at a time.
            #expect((least...least + 8 * hours).contains(used))
            #expect((5...7).contains(hours))
        }
    }

    private static func addPhones(_ count: Int, _ world: World) throws -> [Int64] {
        for index in 0..<count {
            try world.pbx.pbx.addExtension(
                SimulatedExtension(
                    id: 200_000 + index,
                    clientID: SimulatedPBX.standardClientID,
                    name: "2566*\(1_000 + index)",
                    type: "phone"
                )
            )
        }
        return (0..<count).map { Int64(200_000 + $0) }
    }
}
