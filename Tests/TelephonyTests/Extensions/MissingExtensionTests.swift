import Testing

@testable import Telephony

@Suite("Extensions that a directory lacks")
struct MissingExtensionTests {
    private static let directory = ExtensionDirectory([
        ExtensionRef(id: ExtensionID(rawValue: 85_218), name: "2566*101", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 85_219), name: "2566*102", type: .phone),
        ExtensionRef(id: ExtensionID(rawValue: 96_857), name: "2566*887", type: .queue),
    ])

    private static func lacks(of extensionID: Int64 = 85_219, _ fields: [(String, String)]) -> Bool {
        let event = CallEvent(
            extensionID: ExtensionID(rawValue: extensionID),
            arrivedAt: Timestamp(microseconds: 1_700_000_000_000_000),
            fields: EventFields(fields)
        )
        return Self.directory.lacksExtension(of: event)
    }

    @Test(
        "are named by an id, a full name or what may be a short one",
        arguments: [
            ("CallerExtensionID", "85221"), ("CalledExtensionID", "85221"), ("CalledNumber", "2566*104"),
            ("CalledNumber", "104@sipproxy.telphin.ru"), ("CallerIDNum", "104"), ("CallerIDNum", "0003*001"),
            ("RemoteNumber", "2566*104"), ("CalledNumber", "10"), ("CalledNumber", "1004"),
        ]
    )
    func lacking(name: String, value: String) {
        #expect(Self.lacks([(name, value)]))
    }

    @Test(
        "are not named by what the directory has, by outside numbers, or by what is no number",
        arguments: [
            ("CallerExtensionID", "96857"), ("CalledExtensionID", "85218"), ("CalledNumber", "2566*101"),
            ("CalledNumber", "101"), ("CalledNumber", "2566*101@sipproxy.telphin.ru"), ("CallerIDNum", "+79161112233"),
            ("CalledNumber", "74959998877"), ("CalledNumber", "10400"), ("CalledNumber", "1"),
            ("CallerIDNum", "anonymous"), ("CallerIDNum", "1*0"), ("CalledDID", "104"),
        ]
    )
    func having(name: String, value: String) {
        #expect(!Self.lacks([(name, value)]))
    }

    @Test("is the one that sent the event, when no listing had it")
    func sender() {
        #expect(Self.lacks(of: 4_711, []))
        #expect(!Self.lacks([]))
    }
}
