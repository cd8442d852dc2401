import Foundation
import Logging
import Telephony

@testable import Spool

/// A directory of its own for one test, removed at the end.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "rb-spool-\(UUID().uuidString)").path
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(path))
    } catch {
        result = .failure(error)
    }
    try? FileManager.default.removeItem(atPath: path)
    return try result.get()
}

extension Spool {
    static func test(_ directory: String, maximumBytes: Int = 1 << 30, pageLimit: Int? = nil) -> Spool {
        Spool(
            directory: directory,
            maximumBytes: maximumBytes,
            pageLimit: pageLimit,
            now: { Timestamp(microseconds: 1_700_000_000_000_000) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    static func opened(_ directory: String, maximumBytes: Int = 1 << 30, pageLimit: Int? = nil) async throws -> Spool {
        let spool = Self.test(directory, maximumBytes: maximumBytes, pageLimit: pageLimit)
        try await spool.open()
        return spool
    }

    /// Everything that is in it, taken out in small batches.
    func drain(limit: Int = 7) async throws -> [LateEvent] {
        var events: [LateEvent] = []
        while true {
            let batch = try await self.oldest(limit: limit, byteLimit: 1 << 20)
            guard !batch.events.isEmpty else { return events }
            events += batch.events
            try await self.remove(batch)
        }
    }

    /// Appends until it refuses; returns what it took.
    func fill(from first: Int = 0, size: Int = 8000, batch: Int = 1) async throws -> [LateEvent] {
        var taken: [LateEvent] = []
        while taken.count < 100_000 {
            let events = (0..<batch).map { LateEvent.sample(first + taken.count + $0, size: size) }
            do throws(SpoolError) {
                try await self.append(events)
            } catch {
                guard error == .full else { throw error }
                return taken
            }
            taken += events
        }
        return taken
    }
}

extension LateEvent {
    static func sample(_ number: Int, size: Int = 20) -> LateEvent {
        LateEvent(
            eventID: Int64(number),
            tenantID: TenantID(rawValue: "807"),
            extensionID: ExtensionID(rawValue: 85_219),
            arrivedAt: Timestamp(microseconds: 1_600_000_000_000_000 + Int64(number)),
            callID: CallID(rawValue: "c\(number)"),
            fields: Array("{\"CallID\":\"c\(number)\",\"p\":\"\(String(repeating: "x", count: size))\"}".utf8),
            source: "192.0.2.1"
        )
    }
}

/// The names in a directory that match, sorted.
func names(in directory: String, beginning prefix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix(prefix) }.sorted()
}

/// The permission bits of a file.
func mode(_ path: String) throws -> Int {
    (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0
}
