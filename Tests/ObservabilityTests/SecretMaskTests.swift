import Testing

@testable import Observability

@Suite("Masking of secrets")
struct SecretMaskTests {
    @Test(
        "what looks like a secret is masked, what stands around it stays",
        arguments: [
            ("/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz", "/ext-event/[redacted]"),
            ("GET /ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz?a=1 200", "GET /ext-event/[redacted]?a=1 200"),
            ("https://h:8080/agent-event/abc, next", "https://h:8080/agent-event/[redacted], next"),
            (#"{"url":"https:\/\/h\/ext-event\/abc123"}"#, #"{"url":"https:\/\/h\/ext-event\/[redacted]"}"#),
            ("u=https%3A%2F%2Fh%2Fext-event%2Fabc123&x=1", "u=https%3A%2F%2Fh%2Fext-event%2F[redacted]&x=1"),
            ("/EXT-EVENT//abc/", "/EXT-EVENT//[redacted]/"),
            ("two /ext-event/a and /ext-event/b", "two /ext-event/[redacted] and /ext-event/[redacted]"),
            ("key rb_connector_k1_s3cr3t-x_y.", "key rb_connector_[redacted]"),
            ("rb_operator_a_b rb_admin_c_d", "rb_operator_[redacted] rb_admin_[redacted]"),
            ("Authorization: Bearer 2jGp74vK7HmBtWq0McR0l2n7eVEJJQ\n", "Authorization: Bearer [redacted]\n"),
            ("bearer  abc+/=, x", "bearer  [redacted], x"),
            ("postgresql://ring:hunter2@db:5432/ring", "postgresql://ring:[redacted]@db:5432/ring"),
            ("postgres://u:p@a,b:5433/d?x=y", "postgres://u:[redacted]@a,b:5433/d?x=y"),
            ("\"postgresql://u:a/b@c@h/d\"", "\"postgresql://u:[redacted]@h/d\""),
            ("https://user:pass@host/path", "https://user:[redacted]@host/path"),
            ("host=db password=hunter2 user=x", "host=db password=[redacted] user=x"),
            ("password = 'two words' user=x", "password = '[redacted]' user=x"),
            (#"{"app_secret": "s3", "x":1}"#, #"{"app_secret": "[redacted]", "x":1}"#),
            ("grant_type=c&client_secret=s3&x=1", "grant_type=c&client_secret=[redacted]&x=1"),
            ("?sslmode=require&password=p%20w", "?sslmode=require&password=[redacted]"),
            ("имя Bearer токен Bearer abc", "имя Bearer токен Bearer [redacted]"),
        ]
    )
    func masked(text: String, expected: String) {
        #expect(SecretMask.masked(text) == expected)
    }

    @Test(
        "text without a secret is not changed",
        arguments: [
            "", "a", "/ext-event/", "/ext-event/{token}", "ext-event", "an agent-event without a path", "rb_", "rb_x_y",
            "https://h:8080/a@b", "postgresql://db:5432/ring", "http://h/?t=10:20", "Bearer", "Bearer ",
            "password authentication failed for user \"x\"", "Bearer\u{A0}", "://", "обычный текст", "\u{0}",
        ]
    )
    func unchanged(text: String) {
        #expect(SecretMask.masked(text) == text)
        #expect(SecretMask.masked(Array(text.utf8)) == nil)
    }

    @Test("a secret is masked at every offset and before every end")
    func everyPosition() {
        let secret = "f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
        for length in 0..<40 {
            let before = String(repeating: "e", count: length)
            for after in ["", " ", "/", "?q", "\"", "'", "#", "\n", "é", "):"] {
                let text = "\(before)/ext-event/\(secret)\(after)"
                #expect(SecretMask.masked(text) == "\(before)/ext-event/[redacted]\(after)")
            }
        }
    }

    @Test("masking twice is masking once")
    func idempotent() {
        let text = "Bearer abc postgres://u:p@h /ext-event/abc rb_admin_x_y password=z"
        let once = SecretMask.masked(text)
        #expect(SecretMask.masked(once) == once)
    }
}
