@testable import WebAPI

extension GroupCommitLimits {
    /// Bounded in events alone.
    static func events(_ pending: Int) -> GroupCommitLimits {
        GroupCommitLimits(pending: pending, pendingBytes: .max, batch: 2_000, batchBytes: .max)
    }
}
