import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Which rows are ours, and what becomes of them: cases R1 to R6, R8, R14 and R15 of the edge cases.
@Suite("Reconcile: rows", .timeLimit(.minutes(5)))
struct ReconcileRowTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let four = ["answer", "dial-in", "dial-out", "hangup"]

    @Test("R1: others' rows, on our host or another tenant's, are never touched")
    func foreignRows() async throws {
        try await ReconcilerTests.with { world in
            let strangers = try [
                "https://crm.example.com/hook", "HTTP://127.0.0.1:9/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz",
                ReconcilerTests.publicURL + "/ext-event/", "not a url", "http://127.0.0.1:9/other/",
            ].map { try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: $0) }
            let sibling = try await world.tenant("808")
            _ = try await world.map([(85_219, "u1")], of: sibling)
            try await world.reconcile()
            let siblingRows = world.pbx.pbx.events(of: Self.phone).filter { !strangers.contains($0) }
            #expect(siblingRows.map(\.eventType).sorted() == Self.four)

            _ = try await world.map([(85_219, "u2")])
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            _ = try await world.rotate(Self.phone)
            try await world.reconcile()
            _ = try await world.map([])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == strangers + siblingRows)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test(
        "R2: a list that fails or cannot be read leads to no write, and the run comes again",
        arguments: [
            Fault.internalError, Fault.html, Fault.emptyBody, Fault.brokenJSON, .rateLimited(resetSeconds: 60),
            .rateLimited(resetSeconds: nil), .closeConnection, .concurrentRequest,
        ]
    )
    func failedList(action: Fault.Action) async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let rows = world.pbx.pbx.events(of: Self.phone)
            // To be taken away, and to be added.
            _ = try await world.map([(85_220, "u1")])
            for phone in [Self.phone, 85_220] {
                _ = world.pbx.pbx.addFault(
                    Fault(action, method: "GET", resource: .events, extensionID: phone, times: 1)
                )
            }
            world.pbx.pbx.clearRequestLog()
            _ = try await world.reconciler.reconcileDue()
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).isEmpty)
            #expect(world.pbx.pbx.allEvents == rows)
            #expect(try await world.states().allSatisfy { $0.state == .pending })
            for _ in 0..<3 {
                try await world.pass(3_600)
                try await world.reconcile()
            }
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.rightTypes(of: 85_220) == Self.four)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R3: 450 extensions and 40 rows of one of them are read on all their pages")
    func manyPages() async throws {
        try await ReconcilerTests.with { world in
            for index in 0..<450 {
                try world.pbx.pbx.addExtension(
                    SimulatedExtension(
                        id: 200_000 + index,
                        clientID: SimulatedPBX.standardClientID,
                        name: "2566*\(1_000 + index)",
                        type: "phone"
                    )
                )
            }
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.readDirectory()
            let listed = try await world.database.tenant(world.scope) { try await $0.directory.list() }
            #expect(listed.count == 456)
            let last = 200_449
            try world.pbx.pbx.setEventLimit(50, extensionID: last)
            for index in 0..<40 {
                try world.pbx.pbx.addForeignEvent(extensionID: last, url: "https://crm.example.com/\(index)")
            }
            _ = try await world.map([(Int64(last), "u1")])
            try await world.reconcile()
            #expect(try await world.rightTypes(of: last) == [])
            #expect(try await world.problemCodes() == [.eventLimitReached])
            // The PBX shows by its list that it allows more than we believe; the tenant's setting says how many.
            try await world.script("UPDATE tenants SET event_limit = 50")
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: last) == Self.four)
            world.pbx.pbx.clearRequestLog()
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).isEmpty)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R3: a listing that repeats its page or shrinks under way ends, and takes nobody's rows", arguments: [0, 1])
    func oddPages(kind: Int) async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let rows = world.pbx.pbx.allEvents
            _ = world.pbx.pbx.addFault(
                Fault(kind == 0 ? .repeatFirstPage : .shrinkList(by: 1), resource: .extensions, times: nil)
            )
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.readDirectory()
            try await world.reconcile()
            #expect(world.pbx.pbx.allEvents == rows)
            #expect(try await world.states().map(\.state) == [.active])
        }
    }

    @Test("R4: of duplicates the lowest id stays")
    func duplicates() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let rows = world.pbx.pbx.events(of: Self.phone)
            let url = try await world.url(of: Self.phone)
            for type in ["hangup", "hangup", "dial-in"] {
                _ = try world.pbx.pbx.addEvent(
                    extensionID: Self.phone,
                    url: url,
                    eventType: type,
                    owner: .application("app")
                )
            }
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == rows)
            #expect(try await world.states().first?.removed.sorted() == ["dial-in", "hangup", "hangup"])
        }
    }

    @Test("R5: a row of ours with another method, host, scheme, case or slash is mended in place, not doubled")
    func wrongRows() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let rows = world.pbx.pbx.events(of: Self.phone)
            let token = try #require(try await world.tokens(of: Self.phone).live).text
            for row in rows { try world.pbx.pbx.removeEvent(row.id) }
            let wrong = [
                ("dial-in", "http://127.0.0.1:9/ext-event/\(token)", "GET"),
                ("dial-out", "https://old.example.com/ext-event/\(token)/", "POST"),
                ("answer", "HTTP://127.0.0.1:9/ext-event/\(token)?x=1", "POST"),
                ("hangup", "http://127.0.0.1:9//ext-event/\(token)", "POST"),
            ]
            let ids = try wrong.map { type, url, method in
                try world.pbx.pbx.addEvent(
                    extensionID: Self.phone,
                    url: url,
                    eventType: type,
                    method: method,
                    owner: .application("app")
                ).id
            }
            world.pbx.pbx.clearRequestLog()
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.events(of: Self.phone).map(\.id) == ids)
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).map(\.method) == ["PUT", "PUT", "PUT", "PUT"])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test(
        "R6: a phone that became an IVR unseen: the PBX refuses its events, nothing half stays, and nobody tries for ever"
    )
    func typeUnknownToUs() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.addExtension(
                SimulatedExtension(
                    id: Self.phone,
                    clientID: SimulatedPBX.standardClientID,
                    name: "2566*102",
                    type: "ivr"
                )
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.problemCodes() == [.eventTypeRefused])
            world.pbx.pbx.clearRequestLog()
            try await world.pass(3_600)
            try await world.reconcile()
            #expect(world.pbx.pbx.requestLog == [])
            // The next reading of the directory tells.
            try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
            try await world.readDirectory()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == ["hangup"])
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R8: a rotated token's rows are changed in place: never fewer than four, and the ids stay")
    func rotation() async throws {
        try await ReconcilerTests.with { world in
            for index in 0..<12 {
                try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\(index)")
            }
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let before = world.pbx.pbx.events(of: Self.phone)
            let old = try await world.tokens(of: Self.phone)
            world.pbx.pbx.clearRequestLog()
            _ = try await world.rotate(Self.phone)
            let tokens = try await world.tokens(of: Self.phone)
            #expect(tokens.live != old.live)
            #expect(tokens.all.count == 2)
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.events(of: Self.phone).map(\.id) == before.map(\.id))
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).map(\.method) == ["PUT", "PUT", "PUT", "PUT"])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R14: rows that somebody deleted in the cabinet come back with the drift check, which says so")
    func drift() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            for row in world.pbx.pbx.events(of: Self.phone) where row.eventType != "hangup" {
                try world.pbx.pbx.removeEvent(row.id)
            }
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == ["hangup"], "not before its time")
            try await world.pass(21_601)
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(try await world.states().first?.added.sorted() == ["answer", "dial-in", "dial-out"])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R15: with another public URL every row is changed in place at the start, by one of the processes")
    func movedPublicURL() async throws {
        try await ReconcilerTests.with { world in
            try await world.reconciler.adoptPublicURL()
            _ = try await world.map([(85_219, "u1"), (96_850, nil)])
            try await world.reconcile()
            let ids = world.pbx.pbx.allEvents.map(\.id)
            world.pbx.pbx.clearRequestLog()
            try await world.reconciler.adoptPublicURL()
            try await world.reconcile()
            #expect(world.pbx.pbx.requestLog == [], "the same URL again changes nothing")

            let moved = "https://new.example.com"
            let processes = [world.process(publicURL: moved), world.process(publicURL: moved)]
            for process in processes { try await process.adoptPublicURL() }
            while try await processes[0].reconcileDue() > 0 {}
            #expect(world.pbx.pbx.allEvents.map(\.id) == ids)
            #expect(world.pbx.pbx.allEvents.allSatisfy { $0.url.hasPrefix(moved + "/ext-event/") })
            let log = world.pbx.pbx.requestLog
            #expect(log.filter(\.isWrite).map(\.method) == Array(repeating: "PUT", count: 5))
            #expect(log.filter { $0.method == "GET" && $0.resource == .events }.count == 2)
            #expect(world.pbx.pbx.violations == [])
        }
    }
}
