import FoundationEssentials
import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Recordings that were not ready at the hangup, against the call history of the simulated PBX.
@Suite("Recordings from the call history", .timeLimit(.minutes(5)))
struct RecordingFinderTests {
    private static let phone = 85_219
    private static let recording = "85219-E6BD7BB2A5F94F4D8AA0B1D0C5A3F201"

    /// S43 on the PBX, whose history does not have the recording yet; and when its record was there.
    private static func playLateRecording(_ world: CallWorld) async throws -> (call: PlacedCall, written: Timestamp) {
        let call = try await world.play(.scenario(.recordingLate))
        try world.pbx.setRecording(nil, callID: call.callID, extensionID: Self.phone)
        world.pbx.clearRequestLog()
        return (call, try await world.databaseNow())
    }

    private static func look(_ world: CallWorld, at instant: Timestamp) async throws -> Int {
        while try await world.finder.searchDue(now: instant) > 0 {}
        try await world.assembleAll()
        return world.requests(for: .callHistory)
    }

    @Test("S43: a recording that becomes ready later corrects the record, once, and then nothing is asked any more")
    func lateRecording() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            let first = try #require(try await world.feed().first)
            #expect(first.record.recordingID == nil)
            #expect(try await Self.look(world, at: written + .seconds(60)) == 0)
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            #expect(try await world.feed() == [first])
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            #expect(try await Self.look(world, at: written + .seconds(1200)) == 1)
            #expect(try await Self.look(world, at: written + .seconds(1800)) == 2)
            let feed = try await world.feed()
            #expect(feed.map(\.id) == [first.id])
            #expect(feed.map(\.version) == [2])
            #expect(feed.first?.record.recordingID == Self.recording)
            var expected = first.record
            expected.recordingID = Self.recording
            #expect(feed.first?.record == expected)
            #expect(try await Self.look(world, at: written + .seconds(21_700)) == 2)
            // Assembled again, from what is stored alone.
            try await world.store(call.events)
            try await world.assembleAll()
            #expect(try await world.feed() == feed)
        }
    }

    @Test("calls that have their recording, or that nobody answered, cost no request at all")
    func nothingMissing() async throws {
        try await CallWorld.with { world in
            _ = try await world.play(.scenario(.answeredViaIVR))
            _ = try await world.play(.scenario(.outgoingBusy))
            world.pbx.clearRequestLog()
            let written = try await world.databaseNow()
            for hours in stride(from: 0.0, through: 30, by: 0.5) {
                #expect(try await Self.look(world, at: written.advanced(bySeconds: hours * 3600)) == 0)
            }
            #expect(try await world.feed().count == 2)
            #expect(world.pbx.requestLog.isEmpty)
        }
    }

    @Test("a recording that never comes is asked for three times in all")
    func givesUp() async throws {
        try await CallWorld.with { world in
            let (_, written) = try await Self.playLateRecording(world)
            var looks: [Int] = []
            for minutes in stride(from: 0.0, through: 30 * 60, by: 10) {
                let before = world.requests(for: .callHistory)
                if try await Self.look(world, at: written.advanced(bySeconds: minutes * 60)) > before {
                    looks.append(Int(minutes))
                }
            }
            #expect(looks == [10, 30, 360])
            #expect(world.requests(for: .callHistory) == 3)
            #expect(try await world.feed().map(\.version) == [1])
        }
    }

    @Test("two legs of one phone that both lack their recording stay without, and the second look makes nothing due")
    func ambiguousLegs() async throws {
        try await CallWorld.with { world in
            let one = ScriptedEvent.outgoingLeg(from: Self.phone, name: "102", to: "+79161112233", leg: "a")
            let other = ScriptedEvent.outgoingLeg(
                from: Self.phone,
                name: "102",
                to: "+79161112233",
                leg: "b",
                offset: .seconds(60)
            )
            let call = try await world.play(.events(one + other))
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            let written = try await world.databaseNow()
            let before = try await world.feed()
            #expect(before.count == 2)
            while try await world.finder.searchDue(now: written + .seconds(120)) > 0 {}
            let backlog = try await world.database.system { try await $0.assembly.backlog() }
            #expect(backlog.dueRows == 1)
            try await world.assembleAll()
            while try await world.finder.searchDue(now: written + .seconds(1800)) > 0 {}
            #expect(world.requests(for: .callHistory) == 2)
            #expect(try await world.database.system { try await $0.assembly.backlog() }.dueRows == 0)
            try await world.assembleAll()
            #expect(try await world.feed() == before)
        }
    }

    @Test("of two legs of one phone the one that lacks its recording gets the one that is left, in whatever letters")
    func oneOfTwoLegs() async throws {
        try await CallWorld.with { world in
            let known = ScriptedEvent.outgoingLeg(
                from: Self.phone,
                name: "102",
                to: "+79161112233",
                leg: "a",
                recording: "85219-abc"
            )
            let lacking = ScriptedEvent.outgoingLeg(
                from: Self.phone,
                name: "102",
                to: "+79161112244",
                leg: "b",
                offset: .seconds(60)
            )
            let call = try await world.play(.events(known + lacking))
            try world.pbx.setRecording(Self.recording.lowercased(), callID: call.callID, extensionID: Self.phone)
            #expect(try await Self.look(world, at: try await world.databaseNow() + .seconds(120)) == 1)
            let records = try await world.feed().map(\.record)
            #expect(
                Set(records.map { [$0.clientNumber, $0.recordingID] })
                    == [["+79161112233", "85219-abc"], ["+79161112244", Self.recording]]
            )
        }
    }

    @Test("two finders at once ask once")
    func twoFinders() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            world.pbx.addFault(Fault(.none, resource: .callHistory, delay: .milliseconds(200)))
            async let one = world.finder.searchDue(now: written + .seconds(120))
            async let other = world.otherFinder.searchDue(now: written + .seconds(120))
            #expect(try await one + other == 1)
            try await world.assembleAll()
            #expect(world.requests(for: .callHistory) == 1)
            #expect(try await world.feed().map(\.record.recordingID) == [Self.recording])
        }
    }

    @Test("a look whose lease another process has taken stores nothing")
    func lostLease() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            let found = FoundRecording(
                callID: try #require(CallID(received: call.callID)),
                extensionID: ExtensionID(rawValue: 85_219),
                recordingID: Self.recording
            )
            func claim(leaseSeconds: Int) async throws -> RecordingSearch {
                let claims = try await world.database.system { transaction in
                    try await transaction.recordingSearches.claim(
                        claimID: UUID(),
                        leaseSeconds: leaseSeconds,
                        limit: 1,
                        now: written + .seconds(120)
                    )
                }
                return try #require(claims.first)
            }
            func record(_ search: RecordingSearch) async throws -> Int? {
                try await world.database.system { transaction in
                    try await transaction.recordingSearches.record([found, found], of: search, leaseSeconds: 60)
                }
            }
            let first = try await claim(leaseSeconds: -1)
            let second = try await claim(leaseSeconds: 60)
            #expect(second.failedAttempts == 1)
            #expect(try await record(first) == nil)
            #expect(try await record(second) == 1)
            #expect(try await record(second) == 0)
        }
    }

    @Test("a PBX that records nothing is looked at once a day, in its latest calls only, until a recording is seen")
    func neverRecording() async throws {
        try await CallWorld.with { world in
            func outgoing(_ leg: String, recording: String? = nil) -> ScriptedCall.Script {
                .events(
                    ScriptedEvent.outgoingLeg(
                        from: Self.phone,
                        name: "102",
                        to: "+79161112233",
                        leg: leg,
                        recording: recording
                    )
                )
            }
            _ = try await world.play(outgoing("a"))
            try await world.change(
                """
                UPDATE calls SET created_at = created_at - interval '13 hours', started_at = started_at - interval '13 hours',
                  answered_at = answered_at - interval '13 hours', ended_at = ended_at - interval '13 hours'
                """
            )
            _ = try await world.play(outgoing("b"))
            world.pbx.clearRequestLog()
            let written = try await world.databaseNow()
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            #expect(try await Self.look(world, at: written + .seconds(1800)) == 1)
            #expect(try await Self.look(world, at: written + .seconds(7200)) == 1)
            _ = try await world.play(outgoing("c", recording: "85219-abc"))
            // Now the second look at b, and at nothing else.
            #expect(try await Self.look(world, at: written + .seconds(7200)) == 2)
        }
    }

    @Test("the reserve of the budget is left to others, without a word, and the look comes when the budget is back")
    func budget() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            func setBudget(remaining: Int, resetSeconds: Int) async throws {
                let owner = PBXBudgetOwner(pbxURL: world.fixture.url, pbxClient: String(CallWorld.clientID))
                let news = PBXBudgetNews(limit: 1000, remaining: remaining, resetSeconds: resetSeconds)
                try await world.database.system { transaction in
                    _ = try await transaction.recordBudget(news, of: owner)
                }
            }
            try await setBudget(remaining: 200, resetSeconds: 600)
            #expect(try await Self.look(world, at: written + .seconds(1800)) == 1)
            #expect(try await world.problems().isEmpty)
            #expect(try await world.feed().map(\.version) == [1])
            // The next hour.
            try await setBudget(remaining: 900, resetSeconds: 3600)
            #expect(try await Self.look(world, at: written + .seconds(1860)) == 1)
            #expect(try await Self.look(world, at: written + .seconds(2410)) == 2)
            #expect(try await world.feed().map(\.record.recordingID) == [Self.recording])
        }
    }

    @Test("while the PBX works on another history request, the look waits 5 seconds, and it is no problem")
    func concurrentRequest() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            world.pbx.addFault(Fault(.concurrentRequest, resource: .callHistory))
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            #expect(try await world.problems().isEmpty)
            #expect(try await Self.look(world, at: written + .seconds(124)) == 1)
            #expect(try await Self.look(world, at: written + .seconds(126)) == 2)
            #expect(try await world.feed().map(\.record.recordingID) == [Self.recording])
        }
    }

    @Test(
        "an answer that is no history changes nothing and is a problem until one is read",
        arguments: [
            Fault.html, Fault.internalError, Fault.brokenJSON,
        ]
    )
    func unreadableHistory(_ answer: Fault.Action) async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            world.pbx.addFault(Fault(answer, resource: .callHistory))
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            #expect(try await world.problems() == [.pbxUnreachable])
            #expect(try await world.feed().map(\.version) == [1])
            #expect(try await Self.look(world, at: written + .seconds(300)) == 2)
            #expect(try await world.problems().isEmpty)
            #expect(try await world.feed().map(\.record.recordingID) == [Self.recording])
        }
    }

    @Test("what was found goes with the events that it belongs to")
    func orphans() async throws {
        try await CallWorld.with { world in
            let (call, written) = try await Self.playLateRecording(world)
            try world.pbx.setRecording(Self.recording, callID: call.callID, extensionID: Self.phone)
            #expect(try await Self.look(world, at: written + .seconds(120)) == 1)
            func dropOrphans() async throws -> Int {
                try await world.database.system { try await $0.recordingSearches.dropOrphans() }
            }
            #expect(try await dropOrphans() == 0)
            try await world.change("DELETE FROM events")
            #expect(try await dropOrphans() == 1)
        }
    }
}
