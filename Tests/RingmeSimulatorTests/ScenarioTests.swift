import Testing

@testable import RingmeSimulator

/// The scripts themselves, without a socket.
@Suite("Scenarios of the vendor's rules")
struct ScenarioTests {
    private static let now: Int64 = 1_760_000_000_000_000

    private static func plan(
        _ scenario: Scenario,
        _ change: (inout ScriptedCall) -> Void = { _ in }
    ) throws -> PlannedCall {
        let pbx = SimulatedPBX(seed: 1, clock: SimulatedClock(standingAt: now))
        let client = try pbx.seedStandardClient(appID: "a", appSecret: "s")
        var call = ScriptedCall(clientID: client.id, script: .scenario(scenario))
        change(&call)
        return try pbx.withState { [call] state in try state.plan(call, at: now) }
    }

    /// An event in a few words: who, what, and what matters of it.
    private static func words(_ event: ScriptedEvent) -> String {
        let names = [
            85218: "101", 85219: "102", 85220: "103", 96850: "099", 96857: "887", 96858: "888",
        ]
        var words = [names[event.extensionID] ?? "?", event.eventType]
        if let bridged = event["Bridged"] {
            words.append("bridged=\(bridged)")
        } else if event.eventType == "hangup" {
            words.append(event["CallStatus"] ?? "")
        }
        return words.joined(separator: " ")
    }

    @Test(
        "the events in the order they are sent",
        arguments: [
            (
                .answeredViaIVR,
                ["102 dial-in", "102 answer", "102 hangup ANSWER", "099 hangup bridged=yes"]
            ),
            (
                .ringAll,
                [
                    "101 dial-in", "102 dial-in", "103 dial-in", "102 answer", "101 hangup CANCEL",
                    "103 hangup CANCEL", "102 hangup ANSWER", "887 hangup bridged=yes",
                ]
            ),
            (.missedInIVR, ["099 hangup bridged=no"]),
            (
                .missedInQueueThenIVR,
                [
                    "101 dial-in", "102 dial-in", "101 hangup NOANSWER", "102 hangup NOANSWER",
                    "887 hangup bridged=no", "099 hangup bridged=no",
                ]
            ),
            (
                .missedInIVRThenQueue,
                [
                    "101 dial-in", "102 dial-in", "101 hangup NOANSWER", "102 hangup NOANSWER",
                    "099 hangup bridged=no", "887 hangup bridged=no",
                ]
            ),
            (
                .missedInQueueLate,
                [
                    "101 dial-in", "102 dial-in", "101 hangup NOANSWER", "102 hangup NOANSWER",
                    "099 hangup bridged=no", "887 hangup bridged=no",
                ]
            ),
            (.missedInTwoQueues, ["887 hangup bridged=no", "888 hangup bridged=no", "099 hangup bridged=no"]),
            (.missedInTwoQueuesReversed, ["099 hangup bridged=no", "888 hangup bridged=no", "887 hangup bridged=no"]),
            (
                .queueRingsTwice,
                [
                    "101 dial-in", "101 hangup NOANSWER", "101 dial-in", "101 answer", "101 hangup ANSWER",
                    "887 hangup bridged=yes",
                ]
            ),
            (.answeredViaQueue, ["102 dial-in", "102 answer", "102 hangup ANSWER"]),
            (.answeredWithoutPhoneEvents, ["887 hangup bridged=yes", "099 hangup bridged=yes"]),
            (.outgoingAnswered, ["102 dial-out", "102 answer", "102 hangup ANSWER"]),
            (.outgoingBusy, ["102 dial-out", "102 hangup BUSY"]),
            (.outgoingCancelled, ["102 dial-out", "102 hangup CANCEL"]),
            (.outgoingNoAnswer, ["102 dial-out", "102 hangup NOANSWER"]),
            (.outgoingCongestion, ["102 dial-out", "102 hangup CONGESTION"]),
            (.outgoingUnavailable, ["102 dial-out", "102 hangup CHANUNAVAIL"]),
            (.outgoingUnknownStatus, ["102 dial-out", "102 hangup REDIRECTED"]),
            (
                .internal,
                [
                    "101 dial-out", "102 dial-in", "101 answer", "102 answer", "101 hangup ANSWER",
                    "102 hangup ANSWER",
                ]
            ),
            (
                .blindTransfer,
                [
                    "101 dial-in", "101 answer", "101 hangup ANSWER", "102 dial-in", "102 answer",
                    "102 hangup ANSWER", "099 hangup bridged=yes",
                ]
            ),
            (
                .transferRefused,
                [
                    "101 dial-in", "101 answer", "101 hangup ANSWER", "102 dial-in", "102 hangup NOANSWER",
                    "099 hangup bridged=yes",
                ]
            ),
            (.websiteCallMissed, ["101 dial-out", "101 answer", "101 hangup ANSWER", "099 hangup bridged=no"]),
            (
                .websiteCallAnswered,
                [
                    "101 dial-out", "101 answer", "102 dial-in", "102 answer", "102 hangup ANSWER",
                    "101 hangup ANSWER", "099 hangup bridged=yes",
                ]
            ),
            (.hangupBeforeAnswer, ["102 dial-in", "102 hangup ANSWER", "102 answer"]),
            (.hangupBeforeDialIn, ["102 hangup ANSWER", "102 dial-in", "102 answer"]),
            (.withoutDialIn, ["102 answer", "102 hangup ANSWER"]),
            (.directUnanswered, ["102 dial-in", "102 hangup NOANSWER"]),
        ] as [(Scenario, [String])]
    )
    func events(scenario: Scenario, expected: [String]) throws {
        #expect(try Self.plan(scenario).events.map(Self.words) == expected)
    }

    @Test("every scenario has one CallID, a time and a type on each event", arguments: Scenario.allCases)
    func wholeness(scenario: Scenario) throws {
        let planned = try Self.plan(scenario)
        #expect(!planned.events.isEmpty)
        #expect(planned.callID.count == 32)
        for event in planned.events {
            #expect(event["CallID"]?.lowercased() == planned.callID)
            #expect(event["EventTime"].flatMap { Int64($0) }.map { $0 <= Self.now } == true)
            #expect(event["SubCallID"]?.hasPrefix("\(event.extensionID)-") == true)
            #expect(["dial-in", "dial-out", "answer", "hangup"].contains(event.eventType))
            #expect(["in", "out"].contains(event["CallFlow"]))
        }
    }

    @Test("a leg keeps its SubCallID; the legs of a call have different ones")
    func legs() throws {
        let ringAll = try Self.plan(.ringAll).events
        #expect(Set(ringAll.compactMap { $0["SubCallID"] }).count == 4)
        let twice = try Self.plan(.queueRingsTwice).events.map { $0["SubCallID"] }
        #expect(twice[0] == twice[1])
        #expect(twice[2] == twice[3])
        #expect(twice[0] != twice[2])
    }

    @Test("a queue that rings a phone is its caller, and the client's number stays")
    func queueAsCaller() throws {
        let dial = try #require(try Self.plan(.answeredViaQueue).events.first)
        #expect(dial["CallerExtension"] == "2566*887@sipproxy.telphin.ru")
        #expect(dial["CallerExtensionID"] == "96857")
        #expect(dial["CalledExtensionID"] == "85219")
        #expect(dial["CalledNumber"] == "2566*102")
        #expect(dial["CallerIDNum"] == "+79161112233")
        #expect(dial["CalledDID"] == "74959998877")
        #expect(dial["CallStatus"] == "CALLING")
    }

    @Test("after a transfer the outside number is told at the dial, not at the hangup")
    func remoteNumber() throws {
        let leg = try Self.plan(.blindTransfer).events.filter { $0.extensionID == 85219 }
        #expect(leg.map { $0["CallerIDNum"] } == ["2566*101", "2566*101", "2566*101"])
        #expect(leg.map { $0["RemoteNumber"] } == ["+79161112233", "+79161112233", nil])
    }

    @Test("what is odd about the odd ones")
    func oddities() throws {
        #expect(try Self.plan(.internalByShortName).events.first?["CalledNumber"] == "102")
        #expect(try Self.plan(.outgoingBusy).events.last?["Duration"] == "0")
        #expect(try Self.plan(.wholeDay).events.last?["Duration"] == "86400000000")
        #expect(try Self.plan(.negativeDuration).events.last?["Duration"] == "-5")
        #expect(try Self.plan(.recordingLate).events.allSatisfy { $0["RecID"] == nil })
        #expect(try Self.plan(.answeredViaIVR).events[2]["RecID"] != nil)
        #expect(try Self.plan(.websiteCallMissed).events.first?["CallBackID"] != nil)
        #expect(try Self.plan(.forwardToMobile).events.last?["Transfered"] == "yes")
        #expect(try Self.plan(.forwardToMobile).events.last?["CalledExtension"] == nil)
        #expect(try Self.plan(.internalCallerInQueue).events.last?["CallerIDNum"] == "2566*101")
        let cases = try Self.plan(.callIDInBothCases).events
        #expect(cases[1]["CallID"] == cases[0]["CallID"]?.uppercased())
    }

    @Test("the times of missed calls decide which queue was last, whatever the order of sending")
    func times() throws {
        let events = try Self.plan(.missedInTwoQueuesReversed).events
        let latest = events.filter { $0.extensionID != 96850 }.max {
            ($0["EventTime"] ?? "") < ($1["EventTime"] ?? "")
        }
        #expect(latest?.extensionID == 96858)
    }

    @Test("overrides: numbers, user extension, talk, call id, order, start")
    func overrides() throws {
        let planned = try Self.plan(.answeredViaIVR) { call in
            call.clientNumber = "+4930123"
            call.calledDID = "78121234567"
            call.userExtension = "103"
            call.talk = .milliseconds(1500)
            call.callID = "cafe"
            call.order = [2, 0, 0]
            call.startedAt = 1_000_000
        }
        #expect(planned.callID == "cafe")
        #expect(planned.events.map(Self.words) == ["103 hangup ANSWER", "103 dial-in", "103 dial-in"])
        #expect(planned.events[0]["CallerIDNum"] == "+4930123")
        #expect(planned.events[0]["CalledDID"] == "78121234567")
        #expect(planned.events[0]["Duration"] == "1500000")
        #expect(planned.events[1]["EventTime"] == "3000000")
        #expect(throws: SimulatorError.self) {
            try Self.plan(.answeredViaIVR) { $0.order = [4] }
        }
        #expect(throws: SimulatorError.self) {
            try Self.plan(.answeredViaIVR) { $0.userExtension = "999" }
        }
    }

    @Test("waits follow the time scale, or the delays given")
    func waits() throws {
        #expect(try Self.plan(.missedInTwoQueues).waits == [.zero, .zero, .zero])
        let real = try Self.plan(.missedInTwoQueues) { $0.timeScale = 1 }
        #expect(real.waits == [.zero, .seconds(15), .milliseconds(100)])
        #expect(real.events[0]["EventTime"] == String(Self.now + 10_000_000))
        let late = try Self.plan(.missedInQueueLate) { $0.timeScale = 0.1 }
        #expect(late.waits.last == .seconds(2))
        let given = try Self.plan(.missedInTwoQueues) { $0.delays = [.zero, .milliseconds(5)] }
        #expect(given.waits == [.zero, .milliseconds(5), .zero])
    }
}
