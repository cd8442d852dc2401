import Postgres
import Telephony

/// The hourly request budget of one PBX client, shared by all its tenants and all server processes.
package struct PBXBudget: Hashable, Sendable {
    /// Of `X-RateLimit-Limit`; nil before the first answer.
    package var limit: Int?
    /// Of `X-RateLimit-Remaining` less the requests on their way, the full limit again once its reset has passed.
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

/// Whose budget it is.
package struct PBXBudgetOwner: Hashable, Sendable {
    package var pbxURL: String
    /// The PBX's id of the client; before that is known something that stands for the application.
    package var pbxClient: String

    package init(pbxURL: String, pbxClient: String) {
        self.pbxURL = pbxURL
        self.pbxClient = pbxClient
    }
}

/// What an answer of the PBX said about the budget.
package struct PBXBudgetNews: Hashable, Sendable {
    /// How the PBX refused a request for having had too many.
    package enum Refusal: Hashable, Sendable {
        /// 429 with the time to wait.
        case seconds(Int)
        /// 429 without one: a minute, twice as long at each further one, at most 15 minutes.
        case unsaid
    }

    package var limit: Int?
    package var remaining: Int?
    package var resetSeconds: Int?
    package var refusal: Refusal?

    package init(limit: Int? = nil, remaining: Int? = nil, resetSeconds: Int? = nil, refusal: Refusal? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.resetSeconds = resetSeconds
        self.refusal = refusal
    }
}

extension SystemTransaction {
    /// The budget of a PBX client; nil before its first answer.
    package func budget(of owner: PBXBudgetOwner) async throws -> PBXBudget? {
        try await self.postgres.first(FindBudget(owner: owner))
    }

    /// The budget of a PBX client, which nobody else takes from until this transaction ends; nil before its first answer.
    package func lockBudget(of owner: PBXBudgetOwner) async throws -> PBXBudget? {
        _ = try await self.postgres.execute(LockBudget(owner: owner))
        return try await self.budget(of: owner)
    }

    /// Counts a request that is about to be sent.
    package func takeRequest(of owner: PBXBudgetOwner) async throws {
        _ = try await self.postgres.execute(TakeRequest(owner: owner))
    }

    /// Counts a request as not sent: no answer came, so perhaps the PBX never got it.
    package func giveBackRequest(of owner: PBXBudgetOwner) async throws {
        _ = try await self.postgres.execute(GiveBackRequest(owner: owner))
    }

    /// Notes what an answer of the PBX said about the budget.
    ///
    /// - Returns: seconds until requests may go on; 0 when they may now.
    package func recordBudget(_ news: PBXBudgetNews, of owner: PBXBudgetOwner) async throws -> Int {
        Int(try await self.postgres.first(RecordBudget(owner: owner, news: news)) ?? 0)
    }
}

struct FindBudget: Statement {
    static let sql: StaticString = """
        SELECT request_limit, CASE WHEN reset_at <= now() THEN request_limit ELSE remaining END,
          CASE WHEN blocked_until > now() THEN ceil(extract(epoch FROM blocked_until - now()))::int4 END,
          CASE WHEN reset_at > now() THEN ceil(extract(epoch FROM reset_at - now()))::int4 END
        FROM pbx_budgets WHERE pbx_url = $1 AND pbx_client = $2
        """
    var owner: PBXBudgetOwner

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner.pbxURL)
        bindings.append(self.owner.pbxClient)
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

struct LockBudget: Statement {
    static let sql: StaticString = """
        SELECT 1 FROM pbx_budgets WHERE pbx_url = $1 AND pbx_client = $2 FOR UPDATE
        """
    var owner: PBXBudgetOwner

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner.pbxURL)
        bindings.append(self.owner.pbxClient)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

/// The first request after the reset begins the next hour; the answer says when that really ends.
struct TakeRequest: Statement {
    static let sql: StaticString = """
        UPDATE pbx_budgets SET
          remaining = greatest(CASE WHEN reset_at <= now() THEN request_limit ELSE remaining END - 1, 0),
          reset_at = CASE WHEN reset_at <= now() THEN now() + interval '1 hour' ELSE reset_at END
        WHERE pbx_url = $1 AND pbx_client = $2 AND remaining IS NOT NULL AND request_limit IS NOT NULL
        """
    var owner: PBXBudgetOwner

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner.pbxURL)
        bindings.append(self.owner.pbxClient)
    }
}

struct GiveBackRequest: Statement {
    static let sql: StaticString = """
        UPDATE pbx_budgets SET remaining = remaining + 1
        WHERE pbx_url = $1 AND pbx_client = $2 AND remaining < request_limit
        """
    var owner: PBXBudgetOwner

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner.pbxURL)
        bindings.append(self.owner.pbxClient)
    }
}

/// Answers overtake each other, so within one hour the smaller number counts. Of several refusals while requests are blocked
/// already only the first doubles the wait; an answer that is none ends the doubling.
struct RecordBudget: Statement {
    static let sql: StaticString = """
        INSERT INTO pbx_budgets AS b (pbx_url, pbx_client, request_limit, remaining, reset_at, blocked_until, refusals)
        VALUES ($1, $2, $3, $4, now() + coalesce($5, CASE WHEN $4 IS NOT NULL THEN 3600 END) * interval '1 second',
          now() + CASE WHEN $7 THEN 60 ELSE $6 END * interval '1 second', CASE WHEN $7 THEN 1 ELSE 0 END)
        ON CONFLICT (pbx_url, pbx_client) DO UPDATE SET
          request_limit = coalesce(excluded.request_limit, b.request_limit),
          remaining = CASE
            WHEN excluded.remaining IS NULL THEN b.remaining
            WHEN b.reset_at > now() AND excluded.reset_at <= b.reset_at + interval '5 seconds'
              AND b.request_limit = excluded.request_limit THEN least(b.remaining, excluded.remaining)
            ELSE excluded.remaining END,
          reset_at = coalesce(excluded.reset_at, b.reset_at),
          blocked_until = CASE
            WHEN $6 IS NOT NULL THEN excluded.blocked_until
            WHEN $7 AND (b.blocked_until > now()) IS NOT TRUE
              THEN now() + least(60 * 2 ^ least(b.refusals, 8), 900) * interval '1 second'
            ELSE b.blocked_until END,
          refusals = CASE
            WHEN NOT $7 THEN 0 WHEN b.blocked_until > now() THEN b.refusals ELSE least(b.refusals, 8) + 1 END,
          updated_at = now()
        RETURNING CASE WHEN blocked_until > now() THEN ceil(extract(epoch FROM blocked_until - now()))::int4 ELSE 0 END
        """
    var owner: PBXBudgetOwner
    var news: PBXBudgetNews

    func bind(_ bindings: inout Bindings) {
        let blockSeconds: Int? =
            switch self.news.refusal {
            case .seconds(let seconds): seconds
            case .unsaid, nil: nil
            }
        bindings.append(self.owner.pbxURL)
        bindings.append(self.owner.pbxClient)
        bindings.append(self.news.limit.map { Int32(clamping: $0) })
        bindings.append(self.news.remaining.map { Int32(clamping: $0) })
        bindings.append(self.news.resetSeconds.map { Int32(clamping: $0) })
        bindings.append(blockSeconds.map { Int32(clamping: $0) })
        bindings.append(self.news.refusal == .unsaid)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}
