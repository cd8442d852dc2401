import Foundation
import Logging
import Testing

@testable import Observability

@Suite("Logging of the whole process", .timeLimit(.minutes(5)))
struct BootstrapLoggingTests {
    @Test("every logger of the process writes masked JSON lines of its level to standard error")
    func bootstrap() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            bootstrapLogging(level: .info, format: .json)
            let logger = Logger(label: "process")
            logger.debug("hidden")
            logger.info("shown", metadata: ["authorization": "hunter2", "url": "https://h/ext-event/abc123"])
            logger.error("last")
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        let messages = try text.split(separator: "\n").filter { $0.contains(#""logger":"process""#) }.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["message"] as? String
        }
        #expect(messages == ["shown", "last"])
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("abc123"))
    }
}
