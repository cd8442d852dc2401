import CLibpq
import Logging

/// Takes the server's notices, which libpq would otherwise write to stderr, to the log.
///
/// Notices of the connecting itself (such as a collation mismatch) come before libpq lets anybody take them.
final class LibpqNotices: Sendable {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// The connection keeps this object alive as long as libpq can call it.
    func install(on connection: borrowing LibpqConnection) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeReceiver(
            connection.pointer,
            { context, result in
                guard let context = unsafe context else {
                    return
                }
                let notices = unsafe Unmanaged<LibpqNotices>.fromOpaque(context).takeUnretainedValue()
                notices.take(
                    severity: unsafe LibpqErrorField.severity.value(of: result) ?? "NOTICE",
                    message: unsafe LibpqErrorField.message.value(of: result) ?? ""
                )
            },
            context
        )
    }

    private func take(severity: String, message: String) {
        self.logger.debug(
            "PostgreSQL sent a notice",
            metadata: ["severity": "\(severity)", "message": "\(message)"]
        )
    }
}
