import Postgres
import Telephony

/// The hourly request budget of one PBX client, shared by all its tenants and all server processes.
package struct PBXBudget: Hashable, Sendable {
    /// Of `X-RateLimit-Limit`; nil before the first answer.
    package var limit: Int?
    /// Of `X-RateLimit-Remaining`, the full limit again once its reset has passed.
    package var remaining: Int?
    /// Seconds until requests may go on; 0 when they may now.
    package var blockedSeconds: Int
    /// Seconds until the counter starts again, at most the hour when the PBX did not say; nil when it has.
    package var resetSeconds: Int?

    package init(limit: Int?, remaining: Int?, blockedSeconds: Int, resetSeconds: Int?) {
        self.limit = limit
        self.remaining = remaining
        self.blockedSeconds = blockedSeconds
        self.resetSeconds = resetSeconds
    }
}

extension SystemTransaction {
    /// The budget of a PBX client; nil before its first answer.
    package func budget(pbxURL: String, pbxClient: String) async throws -> PBXBudget? {
        try await self.postgres.first(FindBudget(pbxURL: pbxURL, pbxClient: pbxClient))
    }

    /// Notes what an answer of the PBX said about the budget. `blockSeconds`: a 429 asked to wait that long.
    package func recordBudget(
        pbxURL: String,
        pbxClient: String,
        limit: Int?,
        remaining: Int?,
        resetSeconds: Int?,
        blockSeconds: Int?
    ) async throws {
        _ = try await self.postgres.execute(
            RecordBudget(
                pbxURL: pbxURL,
                pbxClient: pbxClient,
                limit: limit.map { Int32(clamping: $0) },
                remaining: remaining.map { Int32(clamping: $0) },
                resetSeconds: resetSeconds.map { Int32(clamping: $0) },
                blockSeconds: blockSeconds.map { Int32(clamping: $0) }
            )
        )
    }
}

struct FindBudget: Statement {
    static let sql: StaticString = """
        SELECT request_limit, CASE WHEN reset_at <= now() THEN request_limit ELSE remaining END,
          CASE WHEN blocked_until > now() THEN ceil(extract(epoch FROM blocked_until - now()))::int4 END,
          CASE WHEN reset_at > now() THEN ceil(extract(epoch FROM reset_at - now()))::int4 END
        FROM pbx_budgets WHERE pbx_url = $1 AND pbx_client = $2
        """
    var pbxURL: String
    var pbxClient: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.pbxURL)
        bindings.append(self.pbxClient)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> PBXBudget {
        PBXBudget(
            limit: try row.nextOptional(Int32.self).map(Int.init),
            remaining: try row.nextOptional(Int32.self).map(Int.init),
            blockedSeconds: try row.nextOptional(Int32.self).map(Int.init) ?? 0,
            resetSeconds: try row.nextOptional(Int32.self).map(Int.init)
        )
    }
}

struct RecordBudget: Statement {
    static let sql: StaticString = """
        INSERT INTO pbx_budgets (pbx_url, pbx_client, request_limit, remaining, reset_at, blocked_until)
        VALUES ($1, $2, $3, $4, now() + coalesce($5, CASE WHEN $4 IS NOT NULL THEN 3600 END) * interval '1 second',
          now() + $6 * interval '1 second')
        ON CONFLICT (pbx_url, pbx_client) DO UPDATE SET
          request_limit = coalesce(excluded.request_limit, pbx_budgets.request_limit),
          remaining = coalesce(excluded.remaining, pbx_budgets.remaining),
          reset_at = coalesce(excluded.reset_at, pbx_budgets.reset_at),
          blocked_until = coalesce(excluded.blocked_until, pbx_budgets.blocked_until),
          updated_at = now()
        """
    var pbxURL: String
    var pbxClient: String
    var limit: Int32?
    var remaining: Int32?
    var resetSeconds: Int32?
    var blockSeconds: Int32?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.pbxURL)
        bindings.append(self.pbxClient)
        bindings.append(self.limit)
        bindings.append(self.remaining)
        bindings.append(self.resetSeconds)
        bindings.append(self.blockSeconds)
    }
}
