import Telephony
import Testing

/// A call as a table: what the PBX sends, and the records that must come of it.
///
/// An event is a line `<second> <extension> <type> <leg> <field>=<value> …`. The leg `a` of extension 102 has the SubCallID
/// `85219-a`, the leg `-` has none. Fields have short names (`Scenario.fieldNames`); `C`, `M` and `D` stand for the client's
/// number, a mobile number and the public number. `arrives=` is the second of arrival (default: 0.05 s after the event),
/// `time=` the EventTime as it is sent.
///
/// A record is a line as `Scenario.text(of:)` writes it, for example
/// `leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 0-63 answered=2 dur=61000000 rec=r rule=2`.
struct Scenario: Sendable, CustomTestStringConvertible {
    let name: String
    let events: [ScenarioEvent]
    let expected: [String]
    let settings: TenantSettings
    /// Whether the records depend on when the events arrived, as they do when an EventTime is missing.
    let dependsOnArrival: Bool

    init(
        _ name: String,
        _ events: String,
        records: String,
        settings: TenantSettings = TenantSettings(),
        dependsOnArrival: Bool = false
    ) {
        self.name = name
        self.events = Self.lines(events).compactMap(ScenarioEvent.init(line:))
        self.expected = Self.lines(records)
        self.settings = settings
        self.dependsOnArrival = dependsOnArrival
    }

    /// The same call under other settings, of which no records are expected.
    init(_ name: String, events: [ScenarioEvent], settings: TenantSettings) {
        self.name = name
        self.events = events
        self.expected = []
        self.settings = settings
        self.dependsOnArrival = false
    }

    var testDescription: String {
        self.name
    }

    func assembly(at second: Double = 2_000_000) -> Assembly {
        self.assembly(of: self.events.map { $0.event() }, at: second)
    }

    func assembly(
        of events: [CallEvent],
        at second: Double,
        directory: ExtensionDirectory = Self.directory,
        recordings: [KnownRecording] = []
    ) -> Assembly {
        assemble(
            CallInput(
                callID: Self.callID,
                events: events,
                directory: directory,
                history: Self.history,
                recordings: recordings,
                settings: self.settings,
                grace: 5_000_000,
                now: Self.instant(second)
            )
        )
    }

    static let callID = CallID(rawValue: "c1")

    static let directory = ExtensionDirectory([
        ExtensionRef(id: ExtensionID(rawValue: 85218), name: "2566*101", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 85219), name: "2566*102", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 85220), name: "2566*103", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 85221), name: "2566*104", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 85222), name: "2566*105", type: ExtensionType(rawValue: "fax")),
        ExtensionRef(id: ExtensionID(rawValue: 96850), name: "2566*099", type: ExtensionType(rawValue: "IVR")),
        ExtensionRef(id: ExtensionID(rawValue: 96857), name: "2566*887", type: .queue),
        ExtensionRef(id: ExtensionID(rawValue: 96858), name: "2566*888", type: .queue),
    ])

    /// 104 is a phone without a mapping, 888 a queue with a responsible user.
    static let history: [MappingPeriod] = [
        (85218, "u101"), (85219, "u102"), (85220, "u103"), (96850, nil), (96857, nil), (96858, "u888"),
    ].map { (id: Int64, user: String?) in
        MappingPeriod(
            extensionID: ExtensionID(rawValue: id),
            userID: user.map(UserID.init(rawValue:)),
            from: Self.instant(-86_400),
            until: nil
        )
    }

    static func instant(_ second: Double) -> Timestamp {
        Timestamp(microseconds: 1_790_000_000_000_000).advanced(bySeconds: second)
    }

    static let constants = ["C": "+79161112233", "M": "+79990001122", "D": "74959998877"]

    static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
    }
}

extension Scenario {
    /// A record in the form of the tables.
    static func text(of record: CallRecord) -> String {
        var words = [record.key.rawValue, record.direction.rawValue, record.status.rawValue, record.extensionRef.name]
        func add(_ name: String, _ value: String?) {
            if let value {
                words.append("\(name)=\(constants.first { $0.value == value }?.key ?? value)")
            }
        }
        add("user", record.userID?.rawValue)
        add("client", record.clientNumber)
        if record.clientNumberE164 != record.clientNumber {
            words.append("e164=\(record.clientNumberE164 ?? "none")")
        }
        add("name", record.clientName)
        add("did", record.did)
        words.append("\(second(record.startedAt))-\(second(record.endedAt))")
        add("answered", record.answeredAt.map(second))
        words.append("dur=\(record.durationMicroseconds.map(String.init) ?? "none")")
        add("rec", record.recordingID)
        add("callback", record.callbackID)
        words += [(record.transferred, "transferred"), (record.isInternal, "internal"), (record.isPartial, "partial")]
            .filter(\.0).map(\.1)
        words += record.flags.map(\.rawValue)
        words.append("rule=\(record.rule)")
        return words.joined(separator: " ")
    }

    private static func second(_ instant: Timestamp) -> String {
        let microseconds = instant.microseconds(since: Self.instant(0))
        let tenths = microseconds / 100_000
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

/// One line of a scenario's events.
struct ScenarioEvent: Sendable {
    let extensionID: ExtensionID
    let arrival: Double
    let fields: EventFields

    /// The event, arriving then instead of when the table says.
    func event(arrivingAt second: Double? = nil) -> CallEvent {
        CallEvent(
            extensionID: self.extensionID,
            arrivedAt: Scenario.instant(second ?? self.arrival),
            fields: self.fields
        )
    }

    init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 4, let second = Double(words[0]), let id = Self.extensionID(words[1]) else {
            Issue.record("not an event line: \(line)")
            return nil
        }
        var arrival = second + 0.05
        var time: String? = String(Scenario.instant(second).microseconds)
        var pairs = [("EventType", words[2]), ("CallID", "C1")]
        if words[3] != "-" {
            pairs.append(("SubCallID", "\(id)-\(words[3])"))
        }
        for word in words.dropFirst(4) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts[1]) {
            case ("arrives", let value): arrival = Double(value) ?? arrival
            case ("time", let value): time = value.isEmpty ? nil : value
            case (let name, let value):
                guard let field = Self.fieldNames[name] else {
                    Issue.record("no field \(name) in: \(line)")
                    return nil
                }
                pairs.append((field, Scenario.constants[value] ?? value))
            }
        }
        if let time {
            pairs.append(("EventTime", time))
        }
        self.extensionID = ExtensionID(rawValue: id)
        self.arrival = arrival
        self.fields = EventFields(pairs)
    }

    /// `102`, or `#99999` for an extension that no listing knows.
    private static func extensionID(_ word: String) -> Int64? {
        let known: [String: Int64] = [
            "101": 85218, "102": 85219, "103": 85220, "104": 85221, "105": 85222, "099": 96850, "887": 96857,
            "888": 96858,
        ]
        return word.hasPrefix("#") ? Int64(word.dropFirst()) : known[word]
    }

    private static let fieldNames = [
        "flow": "CallFlow", "st": "CallStatus", "num": "CallerIDNum", "name": "CallerIDName", "dst": "CalledNumber",
        "did": "CalledDID", "from": "CallerExtension", "fromid": "CallerExtensionID", "to": "CalledExtension",
        "toid": "CalledExtensionID", "dur": "Duration", "rec": "RecID", "bridged": "Bridged", "remote": "RemoteNumber",
        "transfered": "Transfered", "callback": "CallBackID", "type": "EventType",
    ]
}
