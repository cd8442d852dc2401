import AsyncHTTPClient
import Testing

@testable import RingmeAPI

@Suite("Requests to the PBX")
struct RequestTests {
    @Test(
        "an id from outside cannot leave its place in the path",
        arguments: [
            ("@me", "@me"), ("807", "807"), ("262077ef-A_b.c~", "262077ef-A_b.c~"), ("a/../b", "a%2F..%2Fb"),
            ("a?b#c", "a%3Fb%23c"), ("ж", "%D0%B6"), ("a b\r\n", "a%20b%0D%0A"), ("..", nil), (".", nil), ("", nil),
            (String(repeating: "a", count: 201), nil),
        ] as [(String, String?)]
    )
    func pathComponents(text: String, expected: String?) {
        #expect(pathComponent(text) == expected)
    }

    @Test("redirects are refused, connections are not retried and answers are unpacked")
    func configuration() {
        let configuration = PBXHTTPClient.configuration
        // The mode can only be seen in the description.
        #expect("\(configuration.redirectConfiguration)".contains("disallow"))
        #expect(!configuration.connectionPool.retryConnectionEstablishment)
        guard case .enabled = configuration.decompression else {
            Issue.record("answers are not unpacked")
            return
        }
    }

    @Test("queries and forms are escaped")
    func forms() {
        let request = PBXRequest(
            operation: .callHistory,
            path: "/a/",
            query: [("start_datetime", "2026-11-22 10:00:00"), ("x", "a&b=c+d")]
        )
        #expect(request.target == "/a/?start_datetime=2026-11-22%2010%3A00%3A00&x=a%26b%3Dc%2Bd")
        #expect(PBXRequest(operation: .limit, path: "/a/").target == "/a/")
    }

    @Test(
        "times of the history are UTC seconds",
        arguments: [
            (0, "1970-01-01 00:00:00"), (1_502_985_686_478_202, "2017-08-17 16:01:26"), (-1, "1969-12-31 23:59:59"),
        ] as [(Int64, String)]
    )
    func historyTimes(microseconds: Int64, text: String) {
        #expect(historyTime(microseconds: microseconds) == text)
    }

    @Test("an event is sent with the vendor's three members and plain slashes")
    func eventBody() throws {
        let body = try EventRequestBody(
            type: "hangup",
            url: "https://h/ext-event/abc",
            method: "POST",
            for: .createEvent
        )
        let text = String(decoding: try body.encoded(for: .createEvent), as: UTF8.self)
        #expect(text == #"{"event_type":"hangup","method":"POST","url":"https://h/ext-event/abc"}"#)
    }

    @Test(
        "an event that the PBX would misunderstand is not sent",
        arguments: [
            ("", "https://h/e", "POST"), ("hangup", "h/e", "POST"), ("hangup", "https://h/e", "post"),
            ("hangup", "https://h/ж", "POST"), ("hangup", "https://h/a b", "GET"), ("hangup", "", "GET"),
        ]
    )
    func invalidEvents(type: String, url: String, method: String) {
        #expect(
            throws: PBXError(
                .invalidRequest,
                operation: .updateEvent,
                message: "The event type, URL or method is not usable."
            )
        ) {
            try EventRequestBody(type: type, url: url, method: method, for: .updateEvent)
        }
    }

    @Test(
        "the base of a PBX is an absolute HTTP URL",
        arguments: [
            ("https://apiproxy.telphin.ru", true), ("https://apiproxy.telphin.ru///", true),
            ("HTTP://127.0.0.1:80", true),
            ("http://h/prefix", true), ("", false), ("apiproxy.telphin.ru", false), ("ftp://h", false),
            ("https://", false),
            ("https://u:p@h", false), ("https://h?x", false), ("https://h y", false),
        ]
    )
    func endpoints(url: String, isValid: Bool) {
        let endpoint = PBXEndpoint(baseURL: url)
        #expect(endpoint.isValid == isValid)
        #expect(endpoint.clientID == "@me")
        #expect(!endpoint.baseURL.hasSuffix("/"))
    }
}
