import HTTPTypes
import Telephony
import Testing

@testable import WebAPI

@Suite("Addresses, headers, cursors")
struct HeaderTests {
    @Test(
        "addresses lie in networks or not",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.1.64/26", "192.168.1.127", true),
            ("192.168.1.64/26", "192.168.1.128", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
            ("::1", "::1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("2001:db8::/33", "2001:db8:8000::", false),
        ]
    )
    func contains(network: String, address: String, expected: Bool) throws {
        let network = try #require(CIDR(network))
        #expect(network.contains(try #require(IPAddress(address))) == expected)
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::1/129", "1::2::3", ":::", "g::",
            "host",
        ]
    )
    func malformed(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test(
        "X-Forwarded-For counts only as far as the proxies are trusted",
        arguments: [
            ("9.9.9.9", ["1.1.1.1"], "9.9.9.9"), ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1", ["6.6.6.6", "1.1.1.1"], "1.1.1.1"), ("10.0.0.1", ["1.1.1.1", "10.0.0.2"], "1.1.1.1"),
            ("10.0.0.1", ["junk"], "10.0.0.1"), ("10.0.0.1", [], "10.0.0.1"),
        ]
    )
    func forwarded(peer: String, reported: [String], expected: String) throws {
        let client = ForwardedAddress.client(
            peer: try #require(IPAddress(peer)),
            reported: reported,
            trustedProxies: [try #require(CIDR("10.0.0.0/8"))]
        )
        #expect(client == IPAddress(expected))
    }

    @Test(
        "the best liked form is chosen; the most specific range decides, and of equals the first that is offered",
        arguments: [
            ("", .json), ("*/*", .json), ("text/csv", .csv), ("application/json, text/csv", .json),
            ("application/json;q=0.5, text/csv", .csv), ("text/*;q=0.9, application/*;q=0.8", .csv),
            ("TEXT/CSV; header=present; Q=0.3", .csv), ("*/*;q=0.1, application/json;q=0", .csv),
            ("application/json;q=0, application/*", .ndjson), ("text/csv;q=0", nil), ("text/html", nil),
            ("application/x-ndjson, */*;q=0.1", .ndjson),
        ] as [(String, MediaType?)]
    )
    func form(accept: String, expected: MediaType?) {
        #expect(MediaRange.preferred(of: [.json, .csv, .ndjson], accept: accept) == expected)
    }

    @Test(
        "the best liked language of ours is chosen",
        arguments: [
            (nil, nil), ("", nil), ("de", nil), ("ru", .ru), ("en-GB", .en), ("de, ru;q=0.2, en;q=0.1", .ru),
            ("ru;q=0.1,en", .en), ("ru;q=0", nil), ("*", nil), ("RU", .ru),
        ] as [(String?, Language?)]
    )
    func language(header: String?, expected: Language?) {
        #expect(AcceptLanguage.preferred(header) == expected)
    }

    @Test(
        "a preferred wait is read, and never an error",
        arguments: [
            ([], nil), (["wait=5"], 5), (["respond-async, wait=7"], 7), (["wait=\"3\""], 3), (["wait=x"], nil),
            (["wait=-1"], nil), (["return=minimal", "Wait = 2"], 2),
        ] as [([String], Int?)]
    )
    func wait(headers: [String], expected: Int?) {
        #expect(Prefer.wait(headers) == expected)
    }

    @Test("a cursor is read by the list that gave it, and only as it was given")
    func cursor() throws {
        let text = Cursor.encode(.users, "ключ/1?")
        #expect(text.utf8.allSatisfy { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") })
        #expect(try Cursor.decode(.users, text) == "ключ/1?")
        #expect(try Cursor.decode(.users, nil) == nil)
        for bad in [text + "=", text + "A", "", "!", String(text.dropLast())] {
            #expect(throws: HTTPProblem.self, "\(bad)") { try Cursor.decode(.users, bad) }
        }
        #expect(throws: HTTPProblem.self) { try Cursor.decode(.calls, text) }
    }

    @Test(
        "percent-encoding is strict",
        arguments: [
            ("a%20b", "a b"), ("a+b", "a+b"), ("%D0%B0", "а"), ("%", nil), ("%2", nil), ("%zz", nil), ("%ff", nil),
            ("%00", nil), ("%0a", nil), ("", ""),
        ] as [(String, String?)]
    )
    func percent(text: String, expected: String?) {
        #expect(PercentEncoding.decode(text) == expected)
    }

    @Test("a source has a burst, then a rate, and others have their own")
    func buckets() {
        var buckets = SourceBuckets(burst: 2, perSecond: 0.5, maximumSources: 2)
        let start = ContinuousClock.now
        #expect(buckets.take([1], at: start) == nil)
        #expect(buckets.take([1], at: start) == nil)
        #expect(buckets.take([1], at: start) == 2)
        #expect(buckets.take([2], at: start) == nil)
        #expect(buckets.take([1], at: start + .seconds(2)) == nil)
        #expect(buckets.take([1], at: start + .seconds(2)) == 2)
        // A third source makes room by forgetting the one that is full again.
        #expect(buckets.take([3], at: start + .seconds(3)) == nil)
        #expect(buckets.take([1], at: start + .seconds(3)) == 1)
    }
}
