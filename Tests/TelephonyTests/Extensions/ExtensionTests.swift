import Telephony
import Testing

@Suite("Extensions")
struct ExtensionTests {
    @Test("a name has a full and a short form and no domain")
    func names() {
        let name = ExtensionName(" 2566*102@sipproxy.telphin.ru")
        #expect(name.full == "2566*102")
        #expect(name.short == "102")
        #expect(ExtensionName("102").short == "102")
        #expect(ExtensionName("00500*0003*100").short == "100")
        #expect(ExtensionName("").full.isEmpty)
    }

    @Test("a type is known in capitals too, and only phones, IVRs and queues are subscribed to")
    func types() {
        #expect(ExtensionType(rawValue: "IVR") == .ivr)
        #expect(ExtensionType.phone.isSubscribable && !ExtensionType.phone.isMonitored)
        #expect(ExtensionType.queue.isSubscribable && ExtensionType.queue.isMonitored)
        #expect(!ExtensionType(rawValue: "fax").isSubscribable)
        #expect(!ExtensionType.unknown.isSubscribable)
    }

    @Test(
        "a number is internal by its form or as a name of an extension of this PBX",
        arguments: [
            ("2566*102", true), ("9999*12", true), ("999999*1234", true), ("102", true), ("887", true), ("105", true),
            ("2566*102@sip.ringme.ru", true), (" 102 ", true), ("99*102", false), ("9999999*102", false),
            ("2566*1", false),
            ("2566*12345", false), ("2566102", false), ("112", false), ("+79161112233", false), ("", false),
            ("@x", false),
            ("2566**102", false), ("*102", false), ("2566*10a", false), ("5101", false), ("٢٥٦٦*١٠٢", false),
        ]
    )
    func internalNumbers(number: String, isInternal: Bool) {
        #expect(Scenario.directory.isInternal(number: number) == isInternal)
    }

    @Test("an extension is found by its id")
    func lookUp() {
        #expect(Scenario.directory.extension(id: ExtensionID(rawValue: 96850))?.name == "2566*099")
        #expect(Scenario.directory.extension(id: ExtensionID(rawValue: 1)) == nil)
        #expect(!ExtensionDirectory([]).isInternal(number: "102"))
    }
}
