import FoundationEssentials
import Logging
import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// The extension directory tells internal numbers: what happens before it knows an extension, and how it comes to know it.
@Suite("Directory and calls", .timeLimit(.minutes(5)))
struct DirectoryFreshnessTests {
    private static func call(from extensionID: Int = 85_219, to number: String, leg: String = "a") -> [ScriptedEvent] {
        ScriptedEvent.outgoingLeg(from: extensionID, name: "102", to: number, leg: leg)
    }

    private static func addPhone(_ name: String, id: Int, _ world: CallWorld) throws {
        try world.pbx.addExtension(
            SimulatedExtension(id: id, clientID: CallWorld.clientID, name: "2566*\(name)", type: "phone")
        )
    }

    /// Puts the readings of the directory, and what is planned, so far into the past.
    private static func pass(minutes: Int, _ world: CallWorld) async throws {
        try await world.change(
            """
            UPDATE directory_syncs SET synced_at = synced_at - interval '\(minutes) minutes',
              failed_at = failed_at - interval '\(minutes) minutes', due_at = due_at - interval '\(minutes) minutes'
            """
        )
    }

    @Test("before the first listing a short number counts as outside; the listing withdraws the call")
    func shortNumberBeforeFirstListing() async throws {
        try await CallWorld.with(isListed: false) { world in
            try Self.addPhone("104", id: 85_221, world)
            _ = try await world.play(.events(Self.call(to: "104")))
            let written = try #require(try await world.feed().first)
            #expect(written.record.direction == .outgoing)
            #expect(written.record.clientNumber == "104")
            try await world.readDirectory()
            try await world.assembleAll()
            let withdrawn = try #require(try await world.feed().first)
            #expect(try await world.feed().count == 1)
            #expect((withdrawn.id, withdrawn.version, withdrawn.isWithdrawn) == (written.id, 2, true))
        }
    }

    @Test("before the first listing a number of the form prefix*ext is internal")
    func fullNameBeforeFirstListing() async throws {
        try await CallWorld.with(isListed: false) { world in
            _ = try await world.play(.events(Self.call(to: "2566*101")))
            #expect(try await world.feed().isEmpty)
            try await world.readDirectory()
            try await world.assembleAll()
            #expect(try await world.feed().isEmpty)
        }
    }

    @Test("an extension made on the PBX between two listings corrects the calls since the first, and no older ones")
    func newExtension() async throws {
        try await CallWorld.with { world in
            let old = try await world.play(.events(Self.call(to: "105", leg: "old")))
            try await world.change(
                "UPDATE events SET arrived_at = arrived_at - interval '6 minutes' WHERE call_id = '\(old.callID)'"
            )
            try Self.addPhone("105", id: 85_222, world)
            let new = try await world.play(.events(Self.call(to: "105", leg: "new")))
            #expect(try await world.feed().map(\.isWithdrawn) == [false, false])
            try await Self.pass(minutes: 10, world)
            // The listing before counts as of now, and its margin of 5 minutes reaches back between the two calls.
            try await world.change("UPDATE directory_syncs SET synced_at = now()")
            try await world.readDirectory()
            try await world.assembleAll()
            let feed = try await world.feed()
            #expect(feed.map(\.record.callID.rawValue) == [old.callID, new.callID].map { $0.lowercased() })
            #expect(feed.map(\.isWithdrawn) == [false, true])
            #expect(feed.map(\.version) == [1, 2])
        }
    }

    @Test("an extension that became another kind, or has another name, corrects the calls; a label does not")
    func changedExtension() async throws {
        try await CallWorld.with { world in
            func reread(type: String, name: String = "102", label: String = "") async throws -> Int {
                try world.pbx.addExtension(
                    SimulatedExtension(
                        id: 85_219,
                        clientID: CallWorld.clientID,
                        name: "2566*\(name)",
                        type: type,
                        label: label
                    )
                )
                try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
                try await world.readDirectory()
                return try await world.database.system { try await $0.assembly.backlog() }.dueRows
            }
            _ = try await world.play(.scenario(.answeredViaIVR))
            try await world.assembleAll()
            #expect(try await reread(type: "phone", label: "другая") == 0)
            #expect(try await reread(type: "fax") == 1)
            try await world.assembleAll()
            #expect(try await world.feed().map(\.isWithdrawn) == [true])
            #expect(try await reread(type: "phone", name: "109") == 1)
            try await world.assembleAll()
            #expect(try await world.feed().map(\.isWithdrawn) == [false])
            #expect(try await world.feed().map(\.record.extensionRef.name) == ["2566*109"])
            #expect(try await reread(type: "phone", name: "109") == 0)
        }
    }

    @Test("a listing that fails makes nothing due, and one that lacks an extension does not make it an outside one")
    func failedAndShorterListing() async throws {
        try await CallWorld.with { world in
            _ = try await world.play(.events(Self.call(to: "103")))
            #expect(try await world.feed().isEmpty)
            try world.pbx.removeExtension(85_220)
            world.pbx.addFault(Fault(Fault.html, resource: .extensions))
            for _ in 0..<2 {
                try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
                try await world.readDirectory()
                #expect(try await world.database.system { try await $0.assembly.backlog() }.dueRows == 0)
            }
            _ = try await world.play(.events(Self.call(to: "103", leg: "b")))
            #expect(try await world.feed().isEmpty)
        }
    }

    @Test("a call that is assembled with the old directory while a listing is being written is corrected after it")
    func listingDuringAssembly() async throws {
        try await CallWorld.with { world in
            let listing =
                TenantFixture.extensions + [
                    ListedExtension(
                        id: ExtensionID(rawValue: 85_222),
                        name: "2566*105",
                        type: .phone,
                        label: nil,
                        status: "active"
                    )
                ]
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.database.system { transaction in
                let claims = try await transaction.claimDirectories(claimID: UUID(), leaseSeconds: 60, limit: 1)
                let claim = try #require(claims.first)
                #expect(try await transaction.recordDirectory(claim, listing: listing, nextInSeconds: 3600))
                // Stored, assembled and written before the listing is committed.
                _ = try await world.play(.events(Self.call(to: "105")))
                #expect(try await world.feed().map(\.isWithdrawn) == [false])
            }
            try await world.readDirectory()
            #expect(try await world.database.system { try await $0.requestAssemblyAfterListing() })
            try await world.assembleAll()
            #expect(try await world.feed().map(\.isWithdrawn) == [true])
            #expect(try await !world.database.system { try await $0.requestAssemblyAfterListing() })
        }
    }

    struct CountDue: Statement {
        static let sql: StaticString = "SELECT count(*)::int4 FROM assembly_due GROUP BY due_at ORDER BY due_at"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
    }

    @Test("many calls become due over time, 500 a second, so that fresh ones do not wait behind them")
    func spreadOverTime() async throws {
        try await CallWorld.with(isListed: false) { world in
            try await world.store(
                (0..<1100).map { index in
                    ScriptedEvent(
                        extensionID: 85_219,
                        fields: [FormField("EventType", "message-in"), FormField("CallID", "c\(index)")]
                    )
                }
            )
            try await world.assembleAll()
            try await world.readDirectory()
            let counts = try await world.test.rows(CountDue())
            #expect(counts == [500, 500, 100])
        }
    }

    @Test("what a listing left to do is done once, by whichever process comes first")
    func twoReaders() async throws {
        try await CallWorld.with(isListed: false) { world in
            _ = try await world.play(.events(Self.call(to: "+79161112233")))
            try await TenantFixture.list(of: world.scope, in: world.database)
            async let one = world.database.system { try await $0.requestAssemblyAfterListing() }
            async let other = world.database.system { try await $0.requestAssemblyAfterListing() }
            #expect(try await [one, other].count { $0 } == 1)
            #expect(try await world.database.system { try await $0.assembly.backlog() }.dueRows == 1)
        }
    }

    @Test(
        "an extension that the directory lacks has it read again, once in 10 minutes, whatever the calls",
        arguments: ["112", "2566*777"]
    )
    func oneRefresh(number: String) async throws {
        try await CallWorld.with { world in
            let requestsPerListing = world.requests(for: .extensions)
            world.pbx.clearRequestLog()
            func callAndRead(_ leg: String) async throws -> Int {
                _ = try await world.play(.events(Self.call(to: number, leg: leg)))
                _ = try await world.play(.events(Self.call(to: number, leg: leg + "-again")))
                try await world.readDirectory()
                return world.requests(for: .extensions) / requestsPerListing
            }
            #expect(try await callAndRead("a") == 0)
            try await Self.pass(minutes: 9, world)
            #expect(try await callAndRead("b") == 0)
            try await Self.pass(minutes: 1, world)
            #expect(try await callAndRead("c") == 1)
            #expect(try await callAndRead("d") == 1)
            try await Self.pass(minutes: 11, world)
            #expect(try await callAndRead("e") == 2)
        }
    }

    @Test("it may not use the reserve of the budget, and is no reason to ask a PBX again that refuses")
    func backgroundRefresh() async throws {
        try await CallWorld.with { world in
            func due() async throws -> [DirectoryClaim] {
                try await world.database.system { transaction in
                    try await transaction.claimDirectories(claimID: UUID(), leaseSeconds: 60, limit: 1)
                }
            }
            try await Self.pass(minutes: 20, world)
            _ = try await world.play(.events(Self.call(to: "112")))
            let claim = try #require(try await due().first)
            #expect(!claim.isInteractive)
            try await world.database.system { transaction in
                try await transaction.recordDirectoryFailure(claim, errorCode: "access_denied", nextInSeconds: 3600)
            }
            try await Self.pass(minutes: 20, world)
            _ = try await world.play(.events(Self.call(to: "112", leg: "b")))
            #expect(try await due().isEmpty)
        }
    }

    @Test("calls among known extensions and outside numbers ask for nothing")
    func nothingUnknown() async throws {
        try await CallWorld.with { world in
            try await Self.pass(minutes: 20, world)
            world.pbx.clearRequestLog()
            for scenario in [
                Scenario.answeredViaQueue, .internalByShortName, .blindTransfer, .forwardToMobile, .ringAll,
            ] {
                _ = try await world.play(.scenario(scenario))
            }
            try await world.readDirectory()
            #expect(world.requests(for: .extensions) == 0)
        }
    }
}
