import Telephony
import Testing

@Suite("Keys of tenants and users")
struct KeyTests {
    @Test(
        "a tenant's key is 1 to 64 letters, digits, _ and -",
        arguments: [
            ("807", true), ("A-z_9", true), (String(repeating: "a", count: 64), true), ("", false), ("a b", false),
            (String(repeating: "a", count: 65), false), ("ключ", false), ("a/b", false), ("a\u{0}", false),
        ]
    )
    func tenants(text: String, isValid: Bool) {
        #expect((TenantID(validating: text) != nil) == isValid)
    }

    @Test(
        "a user's key is 1 to 256 characters without control characters",
        arguments: [
            ("u1", true), ("Иван Петров / 7", true), (String(repeating: "й", count: 256), true), ("", false),
            (String(repeating: "a", count: 257), false), ("a\nb", false), ("a\u{0}", false), ("\u{7F}", false),
        ]
    )
    func users(text: String, isValid: Bool) {
        #expect((UserID(validating: text) != nil) == isValid)
    }
}
