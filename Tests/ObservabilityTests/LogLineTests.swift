import Foundation
import Logging
import Testing

@testable import Observability

@Suite("Log lines")
struct LogLineTests {
    private static let instant: Int64 = 1_763_805_600_000_123

    private func line(_ style: LogStyle, _ write: (Logger) -> Void) throws -> String {
        let file = try LogFile()
        write(
            Logger(label: "test.logger") { label in
                LineLogHandler(label: label, level: .debug, style: style, output: file.output) { Self.instant }
            }
        )
        return try #require(file.lines().first)
    }

    @Test("JSON has time, level, logger, message and sorted metadata, and nothing else")
    func jsonShape() throws {
        let line = try self.line(.json) { logger in
            logger.warning("batch stored", metadata: ["b": "2", "a": ["x", "y"], "c": ["k": "v"], "n": "\(7)"])
        }
        #expect(
            line
                == #"{"time":"2025-11-22T10:00:00.000123Z","level":"warning","logger":"test.logger","#
                + #""message":"batch stored","metadata":{"a":["x","y"],"b":"2","c":{"k":"v"},"n":"7"}}"#
        )
    }

    @Test("without metadata the key is left out")
    func jsonWithoutMetadata() throws {
        let line = try self.line(.json) { $0.info("started") }
        #expect(!line.contains("metadata"))
        #expect(line.hasSuffix(#""message":"started"}"#))
    }

    @Test(
        "any text survives the way through JSON",
        arguments: [
            "plain", "quote \" backslash \\ slash /", "line\nbreak\r\ttab", "bell \u{7} null \u{0} escape \u{1B}[31m",
            "Пукин Васисуалий", "emoji 👩‍👩‍👧 and \u{2028} separator", "",
        ]
    )
    func jsonEscaping(text: String) throws {
        let line = try self.line(.json) { $0.info("m", metadata: ["value": "\(text)"]) }
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let metadata = object?["metadata"] as? [String: Any]
        #expect(metadata?["value"] as? String == text)
    }

    @Test("empty dictionaries and arrays are valid JSON")
    func emptyContainers() throws {
        let line = try self.line(.json) { $0.info("m", metadata: ["d": [:], "a": []]) }
        #expect(line.hasSuffix(#""metadata":{"a":[],"d":{}}}"#))
    }

    @Test("the error of an event is a field of its own")
    func errorField() throws {
        let line = try self.line(.json) { $0.error("query failed", error: TestFailure()) }
        #expect(line.contains(#""error":"TestFailure: it broke""#))
    }

    @Test("a value marked as secret is not written", arguments: [LogStyle.json, .text])
    func markedSecret(style: LogStyle) throws {
        let line = try self.line(style) { logger in
            logger.info("m", metadata: ["a": .secret("hunter2"), "d": ["inner": .secret("hunter3")], "o": "open"])
        }
        #expect(!line.contains("hunter"))
        #expect(line.components(separatedBy: "[redacted]").count == 3)
        #expect(line.contains("open"))
    }

    @Test(
        "a value under the name of a secret is not written",
        arguments: ["password", "http.Authorization", "db.password", "token", "set-cookie"]
    )
    func secretKeys(key: String) throws {
        for style in [LogStyle.json, .text] {
            let line = try self.line(style) {
                $0.info("m", metadata: ["\(key)": "hunter2", "x": ["\(key)": "hunter2"]])
            }
            #expect(!line.contains("hunter2"))
        }
    }

    @Test(
        "known forms of secrets are masked in message, error, label, key and nested values",
        arguments: [LogStyle.json, .text]
    )
    func maskedEverywhere(style: LogStyle) throws {
        let url = "https://h/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
        let file = try LogFile()
        let handler = LineLogHandler(label: url, level: .info, style: style, output: file.output) { 0 }
        let logger = Logger(label: "unused") { _ in handler }
        logger.error(
            "posted to \(url)",
            error: TestFailure(description: url),
            metadata: [
                "list": ["\(url)"], "nested": ["\(url)": ["deep": .stringConvertible(TestFailure(description: url))]],
            ]
        )
        let line = try #require(file.lines().first)
        #expect(!line.contains("f2a8"))
        #expect(line.components(separatedBy: "[redacted]").count == 7)
    }

    @Test("text is one readable line with quoted values")
    func textShape() throws {
        let line = try self.line(.text) { logger in
            logger.notice("stored", metadata: ["rows": "12", "note": "two words", "empty": ""])
        }
        #expect(
            line
                == "2025-11-22T10:00:00.000123Z NOTICE   test.logger: stored empty=\"\" note=\"two words\" rows=12"
        )
    }

    @Test("data can neither break a text line nor steer the terminal")
    func textInjection() throws {
        let file = try LogFile()
        let handler = LineLogHandler(label: "l", level: .info, style: .text, output: file.output) { 0 }
        Logger(label: "l") { _ in handler }.info("m", metadata: ["v": "a\nFAKE LINE\u{1B}[2J\u{9B}31m\u{7F}"])
        let lines = try file.lines()
        #expect(lines.count == 1)
        let scalars = lines.joined().unicodeScalars
        #expect(scalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
    }

    @Test("metadata of the event wins over the provider's, and that over the logger's")
    func metadataPrecedence() throws {
        let file = try LogFile()
        var handler = LineLogHandler(label: "l", level: .info, style: .json, output: file.output) { 0 }
        handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
        var logger = Logger(label: "l") { _ in handler }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.info("m", metadata: ["a": "event"])
        let line = try #require(file.lines().first)
        #expect(line.contains(#""metadata":{"a":"event","b":"provider","c":"logger"}"#))
    }

    @Test("lines of many tasks never mix")
    func concurrentLines() async throws {
        let file = try LogFile()
        let tasks = 16
        let linesOfTask = 200
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    let logger = Logger(label: "l") { label in
                        LineLogHandler(label: label, level: .info, style: .json, output: file.output)
                    }
                    let padding = String(repeating: "x", count: task * 97)
                    for number in 0..<linesOfTask {
                        logger.info("m", metadata: ["id": "\(task)-\(number)", "padding": "\(padding)"])
                    }
                }
            }
        }
        let identifiers = try file.lines().map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (object?["metadata"] as? [String: Any])?["id"] as? String
        }
        #expect(identifiers.count == tasks * linesOfTask)
        #expect(Set(identifiers).count == tasks * linesOfTask)
    }

    @Test("auto is text on a terminal and JSON elsewhere; the others are fixed")
    func format() {
        #expect(LogFormat.auto.style(isTerminal: true) == .text)
        #expect(LogFormat.auto.style(isTerminal: false) == .json)
        #expect(LogFormat.json.style(isTerminal: true) == .json)
        #expect(LogFormat.text.style(isTerminal: false) == .text)
        #expect(LogFormat.allCases.map(\.rawValue) == ["auto", "text", "json"])
    }

    @Test(
        "instants are written as RFC 3339 with microseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"),
            (1_502_985_686_478_202, "2017-08-17T16:01:26.478202Z"),
            (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)]
    )
    func timestamps(microseconds: Int64, text: String) {
        #expect(rfc3339(microseconds: microseconds) == text)
    }
}

private struct TestFailure: Error, CustomStringConvertible {
    var description = "it broke"
}
