import Telephony
import TestSupport

@testable import Storage

extension CallRecord {
    /// A call for tests of lists and of the feed.
    static func sample(
        _ name: String,
        direction: Direction = .incoming,
        status: CallStatus = .answered,
        user: String? = "u1",
        extensionID: Int64 = 101,
        number: String? = "+79161112233",
        startedAt: String = "2026-11-22T10:00:00.000001Z"
    ) -> CallRecord {
        let start = Timestamp(rfc3339: startedAt) ?? Timestamp(microseconds: 0)
        return CallRecord(
            key: RecordKey(rawValue: "leg/\(name)"),
            direction: direction,
            status: status,
            callID: CallID(rawValue: "call-\(name)"),
            subCallID: "101-\(name)",
            userID: user.map(UserID.init(rawValue:)),
            extensionRef: ExtensionRef(id: ExtensionID(rawValue: extensionID), name: "2566*101", type: .phone),
            clientNumber: number,
            clientNumberE164: number.flatMap(normalizedE164),
            clientName: nil,
            did: "74959998877",
            startedAt: start,
            answeredAt: status == .answered ? start.advanced(byMicroseconds: 1_000_000) : nil,
            endedAt: start.advanced(byMicroseconds: 62_000_000),
            durationMicroseconds: status == .answered ? 61_000_000 : 0,
            recordingID: nil,
            callbackID: nil,
            transferred: false,
            isInternal: false,
            isPartial: false,
            flags: [],
            rule: "2"
        )
    }
}

extension TestAPI {
    /// Writes records as the assembler does, in one transaction.
    func write(_ changes: [CallChange], to scope: TenantScope) async throws {
        try await self.test.database.system { transaction in
            try await transaction.assembly.write(changes.map { AssemblyResult($0, of: scope) })
        }
    }
}

extension TestAPI {
    /// Removes records as the retention does: the oldest that ended before `instant`, by default all.
    func prune(
        _ scope: TenantScope,
        before instant: String = "2100-01-01T00:00:00Z",
        limit: Int = 1_000
    ) async throws {
        let horizon = CallHorizon(scope: scope, instant: Timestamp(rfc3339: instant) ?? Timestamp(microseconds: 0))
        _ = try await self.test.database.system { try await $0.callRetention.prune(horizon, limit: limit) }
    }
}

extension AssemblyResult {
    init(_ change: CallChange, of scope: TenantScope) {
        let callID: CallID =
            switch change {
            case .upsert(let record), .withdraw(let record): record.callID
            }
        self.init(key: CallKey(scope: scope, callID: callID), changes: [change], nextDue: nil)
    }
}
