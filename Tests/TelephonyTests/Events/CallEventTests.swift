import Telephony
import Testing

@Suite("Understanding an event")
struct CallEventTests {
    private func event(_ pairs: (String, String)..., arrivedAt: Timestamp = Scenario.instant(0)) -> CallEvent {
        CallEvent(extensionID: ExtensionID(rawValue: 85219), arrivedAt: arrivedAt, fields: EventFields(pairs))
    }

    @Test("reads the vendor's real dial-in event")
    func realDialIn() {
        let arrival = Timestamp(microseconds: 1_502_985_686_500_000)
        let event = VendorPayload.dialIn.event(arrivedAt: arrival)
        #expect(event.eventType == .dialIn)
        #expect(event.callID?.rawValue == "262077ef325f4868aa49bf22309229f7")
        #expect(event.subCallID == "85219-e6bd7bb2622b424392a012e28473f91a")
        #expect(event.eventTime == Timestamp(microseconds: 1_502_985_686_478_202))
        #expect(!event.isEventTimeSubstituted)
        #expect(event.callFlow == "in")
        #expect(event.callStatus == "CALLING")
        #expect(event.callerIDNum == "+79161112233")
        #expect(event.callerIDName == "+79161112233")
        #expect(event.calledDID == "74959998877")
        #expect(event.calledNumber == "2566*102")
        #expect(event.calledExtension == "2566*102")
        #expect(event.calledExtensionID == 85219)
        #expect(event.callerExtension == "2566*887")
        #expect(event.callerExtensionID == 96857)
        #expect(event.durationMicroseconds == nil)
        #expect(!event.isDurationMalformed)
        #expect(event.bridged == nil)
        #expect(!event.transferred)
        #expect(event.fields["CallAPIID"] == "3584709739-262077ef-325f-4868-aa49-bf22309229f7")
        #expect(!event.isExtensionMismatch)
    }

    @Test("turns the vendor's real outgoing call into its record")
    func realOutgoing() {
        let arrival = Timestamp(microseconds: 1_502_985_751_000_000)
        let events = [VendorPayload.dialOut, .answer, .hangup].map { $0.event(arrivedAt: arrival) }
        let assembly = assemble(
            CallInput(
                callID: CallID(rawValue: "b5187f38a9cc43f2ba068bce983a513e"),
                events: events,
                directory: Scenario.directory,
                history: [],
                settings: TenantSettings(),
                grace: 5_000_000,
                now: arrival
            )
        )
        #expect(
            assembly.records == [
                CallRecord(
                    key: .leg(subCallID: "85219-b5187f38a9cc43f2ba068bce983a513e"),
                    direction: .outgoing,
                    status: .answered,
                    callID: CallID(rawValue: "b5187f38a9cc43f2ba068bce983a513e"),
                    subCallID: "85219-b5187f38a9cc43f2ba068bce983a513e",
                    userID: nil,
                    extensionRef: ExtensionRef(id: ExtensionID(rawValue: 85219), name: "2566*102", type: .phone),
                    clientNumber: "+79161112233",
                    clientNumberE164: "+79161112233",
                    clientName: nil,
                    did: nil,
                    startedAt: Timestamp(microseconds: 1_502_985_726_958_201),
                    answeredAt: Timestamp(microseconds: 1_502_985_738_818_201),
                    endedAt: Timestamp(microseconds: 1_502_985_750_238_219),
                    durationMicroseconds: 11_420_018,
                    recordingID: "10500-100bbbb",
                    callbackID: nil,
                    transferred: false,
                    isInternal: false,
                    isPartial: false,
                    flags: [],
                    rule: "3"
                )
            ]
        )
    }

    @Test(
        "cleans numbers: space and domain go, a plus that became a space comes back",
        arguments: [
            ("+79161112233", "+79161112233"), (" 79161112233", "+79161112233"), (" 79161112233 ", "+79161112233"),
            ("  79161112233", "79161112233"), (" anonymous ", "anonymous"),
            ("2566*102@sipproxy.telphin.ru", "2566*102"),
            ("   ", nil), ("@sipproxy.telphin.ru", nil),
        ] as [(String, String?)]
    )
    func numbers(received: String, expected: String?) {
        let event = self.event(
            ("CallerIDNum", received),
            ("CalledNumber", received),
            ("RemoteNumber", received),
            ("CalledDID", received)
        )
        #expect(event.callerIDNum == expected)
        #expect(event.calledNumber == expected)
        #expect(event.remoteNumber == expected)
        #expect(event.calledDID == expected)
    }

    @Test("takes the arrival for an event time that is absent, no number or more than a day off")
    func eventTimes() {
        let arrival = Scenario.instant(0)
        let day: Int64 = 86_400_000_000
        for (text, isKept) in [
            (String(arrival.microseconds - day), true), (String(arrival.microseconds + day), true),
            (String(arrival.microseconds - day - 1), false), (String(arrival.microseconds + day + 1), false),
            ("\(arrival.microseconds).5", false), ("yesterday", false), ("-1", false), ("99999999999999999999", false),
        ] {
            let event = self.event(("EventTime", text))
            #expect(event.isEventTimeSubstituted == !isKept, "\(text)")
            #expect(event.eventTime == (isKept ? Timestamp(microseconds: Int64(text) ?? 0) : arrival), "\(text)")
        }
        #expect(self.event().isEventTimeSubstituted)
    }

    @Test("reads words in any case, and ids in small letters")
    func cases() {
        let event = self.event(
            ("EVENTTYPE", "Hangup"),
            ("callid", " ABC@X "),
            ("SubCallID", "A-B"),
            ("CallFlow", "OUT"),
            ("CallStatus", "answer"),
            ("Bridged", "YES"),
            ("Transfered", "Yes"),
            ("RecID", "Rec-1"),
            ("CallBackID", "Cb")
        )
        #expect(event.eventType == .hangup)
        #expect(event.callID?.rawValue == "abc@x")
        #expect(event.subCallID == "a-b")
        #expect(event.callFlow == "out")
        #expect(event.callStatus == "ANSWER")
        #expect(event.bridged == true)
        #expect(event.transferred)
        #expect(event.recID == "Rec-1")
        #expect(event.callBackID == "Cb")
    }

    @Test("knows a duration that cannot be one", arguments: ["-5", "1.5", "abc", "1e6", "99999999999999999999"])
    func malformedDuration(text: String) {
        let event = self.event(("Duration", text))
        #expect(event.durationMicroseconds == nil)
        #expect(event.isDurationMalformed)
    }

    @Test("has no CallID when it is blank or over 200 characters")
    func callIDs() {
        #expect(self.event(("CallID", "  ")).callID == nil)
        #expect(self.event(("CallID", String(repeating: "a", count: 200))).callID != nil)
        #expect(self.event(("CallID", String(repeating: "a", count: 201))).callID == nil)
    }

    @Test(
        "has no number where one exceeds 200 bytes",
        arguments: ["CallerIDNum", "CalledNumber", "CalledDID", "RemoteNumber"]
    )
    func overlongNumber(name: String) {
        func numbers(_ value: String) -> [String?] {
            let event = self.event((name, value))
            return [event.callerIDNum, event.calledNumber, event.calledDID, event.remoteNumber]
        }
        #expect(numbers(String(repeating: "7", count: 200)).contains(String(repeating: "7", count: 200)))
        #expect(numbers(String(repeating: "7", count: 201)).allSatisfy { $0 == nil })
        #expect(numbers(String(repeating: "ж", count: 101)).allSatisfy { $0 == nil })
    }

    @Test("A26: notices a payload that names only other extensions")
    func mismatch() {
        #expect(self.event(("CalledExtensionID", "1"), ("CallerExtensionID", "2")).isExtensionMismatch)
        #expect(!self.event(("CalledExtensionID", "85219"), ("CallerExtensionID", "2")).isExtensionMismatch)
        #expect(!self.event().isExtensionMismatch)
    }
}
