import Telephony
import Testing

@Suite("Numbers in E.164")
struct PhoneNumberTests {
    @Test(
        "are told from what the PBX sends, or not at all",
        arguments: [
            ("+79161112233", "+79161112233"),
            ("+7 (916) 111-22-33", "+79161112233"),
            ("79161112233", "+79161112233"),
            ("8 916 111 22 33", "+79161112233"),
            ("84959998877", "+74959998877"),
            ("0049301234567", "+49301234567"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
            ("+123456", nil),
            ("+1234567890123456", nil),
            ("+0123456789", nil),
            ("9161112233", nil),
            ("99161112233", nil),
            ("102", nil),
            ("2566*102", nil),
            ("anonymous", nil),
            ("+7916abc2233", nil),
            ("", nil),
            ("+", nil),
            ("00", nil),
            ("٧٩١٦١١١٢٢٣٣", nil),
            ("1234567890123456789012345678901234567890", nil),
        ] as [(String, String?)]
    )
    func normalized(received: String, expected: String?) {
        #expect(normalizedE164(received) == expected)
    }
}
