import Foundation
import Logging
import Spool
import Storage
import Telephony

@testable import WebAPI

/// A directory for a spool, removed when the last one lets go.
final class SpoolDirectory: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "rb-spool-\(UUID().uuidString)").path

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// An open spool in it.
    func spool(maximumBytes: Int = 1 << 30) async throws -> Spool {
        let spool = Spool(
            directory: self.path,
            maximumBytes: maximumBytes,
            now: WebAPIDependencies.systemClock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await spool.open()
        return spool
    }
}

extension EventSpool {
    /// On a database.
    static func test(
        _ spool: Spool,
        on database: Database,
        now: @escaping @Sendable () -> Timestamp = WebAPIDependencies.systemClock
    ) -> EventSpool {
        EventSpool(
            spool: spool,
            store: LateEventStore(database: database),
            now: now,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}
