import Postgres
import Telephony

/// Writes agents' events: one statement and one commit each. Agents come and go some times a day, so nothing is batched.
package struct AgentEventStore: Sendable {
    private let pool: PostgresPool

    package init(database: Database) {
        self.pool = database.pool
    }

    /// Stores the event and what it says of the agent's presence, durably when this returns.
    ///
    /// `source`: the address that sent it, as text.
    /// - Throws: ``StorageError``; when the connection broke during COMMIT the event may be there: a repetition is stored
    ///   again and changes no presence.
    package func write(_ event: ReceivedAgentEvent, owner: AgentTokenOwner, source: String?) async throws {
        do throws(PostgresError) {
            _ = try await self.pool.transact(
                Database.systemOptions,
                InsertAgentEvent(owner: owner, event: event, source: source)
            )
        } catch {
            throw StorageError(error, outcomeUnknown: error.isConnectionProblem)
        }
    }
}

extension SystemTransaction {
    /// Removes agents' events that arrived more than `seconds` ago, of all tenants; returns how many.
    package func deleteAgentEvents(olderThanSeconds seconds: Int) async throws -> Int {
        try await self.postgres.affectedRows(DeleteOldAgentEvents(olderThanSeconds: Int32(clamping: seconds)))
    }
}

/// The event and the agent's presence. `since` is when the status changed, and does not move when it is said again; an event
/// that arrived before the last one heard changes nothing, however late it is written.
struct InsertAgentEvent: Statement {
    static let sql: StaticString = """
        WITH event AS (
          INSERT INTO agent_events (tenant_id, agent_id, fields, raw, quarantine, source)
          VALUES ($1, $2, $3, $4, $5, $6) RETURNING tenant_id, agent_id, arrived_at)
        UPDATE agents a
        SET since = CASE WHEN a.status IS DISTINCT FROM $7 THEN e.arrived_at ELSE a.since END, status = $7,
          heard_at = e.arrived_at
        FROM event e
        WHERE a.tenant_id = e.tenant_id AND a.agent_id = e.agent_id AND $7::text IS NOT NULL
          AND a.subscribed AND a.gone_at IS NULL AND (a.heard_at IS NULL OR a.heard_at <= e.arrived_at)
        RETURNING pg_notify('ringbridge_agent_presence', '')::text
        """
    var owner: AgentTokenOwner
    var event: ReceivedAgentEvent
    var source: String?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner.scope.tenantID)
        bindings.append(self.owner.agentID)
        switch self.event {
        case .understood(let status, let fields):
            bindings.append(PostgresJSON(bytes: fields.jsonObject()))
            bindings.append([UInt8]?.none)
            bindings.append(String?.none)
            bindings.append(self.source)
            bindings.append(status)
        case .quarantined(let raw, let reason):
            bindings.append(PostgresJSON?.none)
            bindings.append(raw)
            bindings.append(reason.rawValue)
            bindings.append(self.source)
            bindings.append(AgentStatus?.none)
        }
    }
}

struct DeleteOldAgentEvents: Statement {
    static let sql: StaticString = """
        DELETE FROM agent_events WHERE arrived_at < now() - $1 * interval '1 second'
        """
    var olderThanSeconds: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.olderThanSeconds) }
}
