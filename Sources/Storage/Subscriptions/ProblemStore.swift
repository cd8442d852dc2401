package import Postgres
package import Telephony

/// An open problem. `data` holds its numbers; the texts for people are made when it is shown, in the reader's language.
package struct Problem: Hashable, Sendable {
    /// The codes of the contract.
    package enum Code: String, CaseIterable, Sendable {
        case eventLimitReached = "event_limit_reached"
        case credentialsRejected = "credentials_rejected"
        case accessDenied = "access_denied"
        case extensionGone = "extension_gone"
        case rateLimited = "rate_limited"
        case pbxUnreachable = "pbx_unreachable"
        case eventTypeRefused = "event_type_refused"
        case staleLeg = "stale_leg"
        case silentExtension = "silent_extension"
        case quarantinedEvents = "quarantined_events"

        /// Whether it concerns what the PBX sends, and not the subscriptions on it.
        package var concernsEvents: Bool {
            switch self {
            case .staleLeg, .silentExtension, .quarantinedEvents: true
            case .eventLimitReached, .credentialsRejected, .accessDenied, .extensionGone, .rateLimited, .pbxUnreachable,
                .eventTypeRefused:
                false
            }
        }
    }

    package var code: Code
    /// A JSON object.
    package var data: PostgresJSON

    package init(code: Code, data: PostgresJSON) {
        self.code = code
        self.data = data
    }
}

/// A problem as it is listed.
package struct OpenedProblem: Hashable, Sendable {
    /// Nil when the whole tenant or its agents are concerned.
    package var extensionID: ExtensionID?
    /// `2566*102`; nil when the listing never had the extension.
    package var extensionName: String?
    package var since: Timestamp
    package var problem: Problem
}

extension TenantTransaction {
    /// The tenant's open problems, oldest first.
    package func problems() async throws -> [OpenedProblem] {
        try await self.postgres.execute(ListProblems(tenantID: self.tenantID))
    }
}

/// What of a tenant's PBX a problem concerns that is no single extension's. Each is opened and closed by the worker that reads
/// it, whatever the others meet.
package enum ProblemSubject: Int64, Sendable {
    /// The PBX as a whole, as reading its extensions shows it.
    case pbx = 0
    /// The queue agents.
    case agents = -1
    /// The call history.
    case callHistory = -2

    /// How the problem's data names it; nil: not at all.
    var resource: String? {
        switch self {
        case .pbx: nil
        case .agents: "agents"
        case .callHistory: "call_history"
        }
    }

    /// Where it stands in `problems`.
    var place: ExtensionID { ExtensionID(rawValue: self.rawValue) }
}

extension SystemTransaction {
    /// Opens the problem of that subject, or closes it when there is none any more.
    package func setProblem(_ problem: Problem?, of scope: TenantScope, about subject: ProblemSubject) async throws {
        _ = try await self.postgres.execute(
            CloseExtensionProblems(
                tenantID: scope.tenantID,
                extensionID: subject.place,
                exceptCode: problem?.code.rawValue
            )
        )
        if let problem {
            _ = try await self.postgres.execute(
                OpenSubjectProblem(tenantID: scope.tenantID, subject: subject, problem: problem)
            )
        }
    }
}

/// What is written as a problem, and what the events and calls of the last seven days themselves say: that opens and closes
/// with them.
struct ListProblems: Statement {
    static let sql: StaticString = """
        WITH stale AS (
          SELECT extension_id, call_id, count(*) AS legs, min(since) AS since FROM stale_legs
          WHERE tenant_id = $1 AND since > now() - interval '7 days' GROUP BY extension_id, call_id),
        quarantined AS (
          SELECT extension_id, arrived_at, event_id, quarantine FROM events
          WHERE tenant_id = $1 AND quarantine IS NOT NULL AND arrived_at > now() - interval '7 days'),
        reasons AS (
          SELECT extension_id, jsonb_object_agg(quarantine, n) AS counts
          FROM (SELECT extension_id, quarantine, count(*) AS n FROM quarantined GROUP BY extension_id, quarantine) AS r
          GROUP BY extension_id)
        SELECT p.code, p.extension_id, e.name, p.since, p.data FROM (
        SELECT code, extension_id, since, data FROM problems WHERE tenant_id = $1
        UNION ALL
        SELECT 'stale_leg', extension_id, min(since), jsonb_build_object(
          'count', sum(legs), 'call_ids', to_jsonb((array_agg(call_id ORDER BY since DESC, call_id))[1:10]),
          'oldest', to_char(min(since) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        FROM stale GROUP BY extension_id
        UNION ALL
        SELECT 'quarantined_events', q.extension_id, min(q.arrived_at), jsonb_build_object(
          'count', count(*), 'reasons', (SELECT counts FROM reasons r WHERE r.extension_id = q.extension_id),
          'last_at', to_char(max(q.arrived_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
          'event_ids', to_jsonb((array_agg(q.event_id::text ORDER BY q.arrived_at DESC, q.event_id DESC))[1:10]))
        FROM quarantined q GROUP BY q.extension_id) AS p
        LEFT JOIN extensions e ON e.tenant_id = $1 AND e.extension_id = p.extension_id
        ORDER BY p.since, p.code, p.extension_id
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> OpenedProblem {
        let code: Problem.Code = try row.next()
        let extensionID: ExtensionID = try row.next()
        return OpenedProblem(
            extensionID: extensionID.rawValue > 0 ? extensionID : nil,
            extensionName: try row.nextOptional(),
            since: try row.next(),
            problem: Problem(code: code, data: try row.next())
        )
    }
}

struct OpenProblem: Statement {
    static let sql: StaticString = """
        INSERT INTO problems (tenant_id, extension_id, code, data) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, code, extension_id) DO UPDATE SET data = excluded.data
        """
    var tenantID: TenantID
    var extensionID: ExtensionID
    var problem: Problem

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionID)
        bindings.append(self.problem.code)
        bindings.append(self.problem.data)
    }
}

/// The data says what it is about.
struct OpenSubjectProblem: Statement {
    static let sql: StaticString = """
        INSERT INTO problems (tenant_id, extension_id, code, data)
        VALUES ($1, $2, $3, $4::jsonb || jsonb_strip_nulls(jsonb_build_object('resource', $5::text)))
        ON CONFLICT (tenant_id, code, extension_id) DO UPDATE SET data = excluded.data
        """
    var tenantID: TenantID
    var subject: ProblemSubject
    var problem: Problem

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.subject.place)
        bindings.append(self.problem.code)
        bindings.append(self.problem.data)
        bindings.append(self.subject.resource)
    }
}

/// Closes what reconcile opens, but for the code that goes on; other parts' problems stay.
struct CloseExtensionProblems: Statement {
    static let sql: StaticString = """
        DELETE FROM problems WHERE tenant_id = $1 AND extension_id = $2 AND code IS DISTINCT FROM $3
          AND code IN ('event_limit_reached', 'credentials_rejected', 'access_denied', 'extension_gone', 'rate_limited',
            'pbx_unreachable', 'event_type_refused')
        """
    var tenantID: TenantID
    var extensionID: ExtensionID
    var exceptCode: String?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionID)
        bindings.append(self.exceptCode)
    }
}

extension Problem.Code: PostgresEncodable, PostgresDecodable {}
