import Telephony
import Testing

@Suite("Explaining a leg")
struct LegTraceTests {
    @Test("a reason is a sentence in each language", arguments: LegTrace.Reason.allCases)
    func reasons(_ reason: LegTrace.Reason) {
        expectSentence(reason.text(in: .en), isRussian: false)
        expectSentence(reason.text(in: .ru), isRussian: true)
    }

    @Test("no two reasons share a sentence")
    func distinctReasons() {
        for language in Language.allCases {
            #expect(Set(LegTrace.Reason.allCases.map { $0.text(in: language) }).count == LegTrace.Reason.allCases.count)
        }
    }

    @Test("names the tenant's setting that dropped a leg or let it in: turned over, it decides otherwise")
    func settings() {
        var named: Set<String> = []
        for scenario in Scenario.all {
            for entry in scenario.assembly().trace {
                guard let setting = entry.reason.setting else { continue }
                named.insert(setting)
                let other = scenario.turningOver(setting).assembly().trace
                let same = other.first { ($0.extensionID, $0.subCallID) == (entry.extensionID, entry.subCallID) }
                #expect(same != nil && same?.reason != entry.reason, "\(scenario.name): \(entry)")
            }
        }
        #expect(named == ["external_only", "record_unanswered_outgoing", "direct_missed"])
    }

    @Test("says what made a call internal, and what is missing in a call straight to phones")
    func internalCalls() throws {
        func reasons(_ name: String) throws -> [LegTrace.Reason] {
            try #require(Scenario.all.first { $0.name == name }).assembly().trace.map(\.reason)
        }
        #expect(try reasons("S19 an internal call is no record") == [.internalCalled, .internalCaller])
        #expect(try reasons("S19 the same, internal calls recorded") == [.internalRecorded, .internalRecorded])
        #expect(try reasons("S44 an internal caller leaves the queue") == [.internalCaller])
        #expect(try reasons("S44 the same, internal calls recorded") == [.internalMissed])
        #expect(
            try reasons("A13 a forward between extensions is no external call")
                == [.unansweredIncoming, .internalForward, .answeredIncoming]
        )
        #expect(
            try reasons("S45 straight to a phone, nobody answers") == [.unansweredIncoming, .missedAtPhoneUnwanted]
        )
        #expect(
            try reasons("A32 straight to phones, nobody answers, the tenant records that")
                == [.unansweredIncoming, .missedAtPhone]
        )
    }

    @Test("S50: events that make no call are kept, and never waited for")
    func otherEvents() throws {
        let assembly = try #require(Scenario.all.first { $0.name.hasPrefix("S50") }).assembly()
        #expect(assembly.trace.map(\.outcome) == Array(repeating: .dropped, count: 4))
        #expect(assembly.trace.map(\.reason) == Array(repeating: .notAssembled, count: 4))
        #expect(assembly.staleLegs.isEmpty)
    }

    @Test("a change of the rules' version alone changes no content")
    func sameContent() throws {
        let record = try #require(Scenario.incoming.first?.assembly().records.first)
        var other = record
        other.rulesVersion += 1
        #expect(other != record)
        #expect(other.isSameContent(as: record))
        other.recordingID = nil
        #expect(!other.isSameContent(as: record))
    }
}

extension Scenario {
    /// The same call of a tenant who chose otherwise.
    fileprivate func turningOver(_ setting: String) -> Scenario {
        var settings = self.settings
        switch setting {
        case "external_only": settings.externalOnly.toggle()
        case "record_unanswered_outgoing": settings.recordUnansweredOutgoing.toggle()
        case "direct_missed": settings.directMissed.toggle()
        default: Issue.record("no such setting: \(setting)")
        }
        return Scenario(self.name, events: self.events, settings: settings)
    }
}

/// Expects one sentence, in Cyrillic letters when it is Russian.
func expectSentence(_ text: String, isRussian: Bool) {
    #expect(text.hasSuffix("."))
    #expect(text.first?.isUppercase == true)
    #expect(text.unicodeScalars.contains { ("а"..."я").contains($0) } == isRussian)
}
