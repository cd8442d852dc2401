import FoundationEssentials
import Postgres
package import Telephony

/// What one part of a tenant's self-test found. Holds numbers and names, no secrets; the texts are made when it is shown.
package struct CheckFinding: Codable, Hashable, Sendable {
    /// What is tested, in this order.
    package enum Check: String, Codable, CaseIterable, Sendable {
        /// The PBX gives a token for the application.
        case credentials
        /// The token is good for a client of the PBX.
        case client
        /// The extensions can be listed.
        case extensions
        /// The events of an extension can be read.
        case eventList = "event_list"
        /// The fullest extension has room for what is wanted.
        case limit
        /// Requests are left in this hour.
        case budget
        /// The public URL leads to us.
        case publicURL = "public_url"
        /// An event sent to the public URL is stored.
        case syntheticEvent = "synthetic_event"
    }

    /// How it is.
    package enum Outcome: String, Codable, CaseIterable, Sendable {
        case good
        /// The PBX's answer, or its silence, is ``CheckFinding/trouble``.
        case pbxTrouble = "pbx_trouble"
        /// What is sealed in the database has a key that the server lacks.
        case locked
        /// There is no extension to try it with.
        case noExtension = "no_extension"
        /// An extension has too few free slots.
        case noRoom = "no_room"
        /// Nobody but interactive changes has requests left.
        case usedUp = "used_up"
        /// Plain HTTP over a network.
        case notEncrypted = "not_encrypted"
        /// Something else answers there.
        case foreign
        case unreachable
        /// There is no mapped extension whose event URL could be tried.
        case nothingMapped = "nothing_mapped"
        /// The event was answered by another status than 200, or by none.
        case refused
        /// The event was answered by 200, and is not there.
        case lost
    }

    package var check: Check
    package var outcome: Outcome
    /// Of what was found: `limit`, `used`, `free`, `remaining`, `reset_seconds`, `status`, counts of extensions by type, …
    package var numbers: [String: Int]
    package var extensionID: ExtensionID?
    /// Of the PBX.
    package var client: String?
    package var trouble: PlanPreview.Trouble?

    package var isGood: Bool { self.outcome == .good }

    package init(
        _ check: Check,
        _ outcome: Outcome,
        numbers: [String: Int] = [:],
        extensionID: ExtensionID? = nil,
        client: String? = nil,
        trouble: Problem? = nil
    ) {
        self.check = check
        self.outcome = outcome
        self.numbers = numbers
        self.extensionID = extensionID
        self.client = client
        self.trouble = trouble.map(PlanPreview.Trouble.init)
    }
}

extension SystemTransaction {
    /// Whether an event with that CallID is stored.
    package func hasEvent(of callID: CallID, scope: TenantScope) async throws -> Bool {
        try await self.postgres.first(FindEventOfCall(tenantID: scope.tenantID, callID: callID.rawValue)) ?? false
    }
}

struct FindEventOfCall: Statement {
    static let sql: StaticString = "SELECT EXISTS (SELECT FROM events WHERE tenant_id = $1 AND call_id = $2)"
    var tenantID: TenantID
    var callID: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.callID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}
