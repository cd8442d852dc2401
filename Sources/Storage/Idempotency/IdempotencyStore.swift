package import FoundationEssentials
import Postgres
import Telephony

/// The right to make an idempotent request, for as long as it is prolonged.
package struct IdempotencyClaim: Hashable, Sendable {
    let request: IdempotentRequest
    let claimID: UUID
}

extension SystemTransaction {
    /// Requests that may be repeated, and what they were answered.
    package var idempotency: IdempotencyStore { IdempotencyStore(postgres: self.postgres) }
}

/// Remembers for a day what requests with an Idempotency-Key were answered, and lets one of several equal ones be made.
package struct IdempotencyStore: Sendable {
    let postgres: PostgresTransaction

    package enum Beginning: Sendable {
        /// Nobody made it, or who did died before the answer: it is the caller's to make.
        case first(IdempotencyClaim)
        case answered(IdempotentAnswer)
        /// Somebody is making it now.
        case inProgress
        /// The key belongs to another request.
        case reused
    }

    /// `lease`: how long the claim lasts when nobody prolongs it.
    package func begin(_ request: IdempotentRequest, claimID: UUID, lease: Duration) async throws -> Beginning {
        _ = try await self.postgres.execute(LockIdempotencyKey(request: request))
        if let found = try await self.postgres.first(FindIdempotentRequest(request: request)) {
            guard found.fingerprint == request.fingerprint else { return .reused }
            return found.answer.map(Beginning.answered) ?? .inProgress
        }
        _ = try await self.postgres.execute(DeleteIdempotentRequest(request: request))
        let claim = IdempotencyClaim(request: request, claimID: claimID)
        _ = try await self.postgres.execute(InsertIdempotentRequest(claim: claim, leaseSeconds: lease / .seconds(1)))
        return .first(claim)
    }

    /// Makes the claim last on from now. Without effect when it was lost or has its answer.
    package func prolong(_ claim: IdempotencyClaim, lease: Duration) async throws {
        _ = try await self.postgres.execute(
            ProlongIdempotencyClaim(claim: claim, leaseSeconds: lease / .seconds(1))
        )
    }

    /// Keeps the answer.
    ///
    /// - Returns: false when the claim was lost: then somebody else may have made the request too.
    package func keep(_ answer: IdempotentAnswer, of claim: IdempotencyClaim) async throws -> Bool {
        try await self.postgres.affectedRows(KeepIdempotentAnswer(claim: claim, answer: answer)) > 0
    }

    /// Gives the claim back: the request counts as never made.
    package func release(_ claim: IdempotencyClaim) async throws {
        _ = try await self.postgres.execute(ReleaseIdempotencyClaim(claim: claim))
    }

    /// Removes what is older than a day; returns how many rows those were.
    package func dropOld() async throws -> Int {
        try await self.postgres.affectedRows(DropOldIdempotentRequests())
    }
}

/// Until the transaction ends. Keys are looked for by principal across tenants, so no unique index does it.
struct LockIdempotencyKey: Statement {
    static let sql: StaticString = """
        SELECT pg_advisory_xact_lock(hashtextextended('idempotent_requests/' || $1 || '/' || $2, 0))::text
        """
    var request: IdempotentRequest

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.request.principal)
        bindings.append(self.request.key)
    }
}

struct FindIdempotentRequest: Statement {
    static let sql: StaticString = """
        SELECT fingerprint, status, headers, body FROM idempotent_requests
        WHERE principal = $1 AND idempotency_key = $2 AND began_at > now() - interval '24 hours'
          AND (status IS NOT NULL OR claimed_until > clock_timestamp())
        """
    var request: IdempotentRequest

    struct Output: Sendable {
        var fingerprint: [UInt8]
        var answer: IdempotentAnswer?
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.request.principal)
        bindings.append(self.request.key)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        let fingerprint: [UInt8] = try row.next()
        let status: Int32? = try row.nextOptional()
        let headers: PostgresJSON? = try row.nextOptional()
        let body: [UInt8]? = try row.nextOptional()
        guard let status, let headers, let body else { return Output(fingerprint: fingerprint, answer: nil) }
        return Output(
            fingerprint: fingerprint,
            answer: IdempotentAnswer(status: Int(status), headers: headers.bytes, body: body)
        )
    }
}

struct DeleteIdempotentRequest: Statement {
    static let sql: StaticString = "DELETE FROM idempotent_requests WHERE principal = $1 AND idempotency_key = $2"
    var request: IdempotentRequest

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.request.principal)
        bindings.append(self.request.key)
    }
}

struct InsertIdempotentRequest: Statement {
    static let sql: StaticString = """
        INSERT INTO idempotent_requests (tenant_id, principal, idempotency_key, fingerprint, claim_id, claimed_until)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))
        """
    var claim: IdempotencyClaim
    var leaseSeconds: Double

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.request.tenantID?.rawValue ?? "")
        bindings.append(self.claim.request.principal)
        bindings.append(self.claim.request.key)
        bindings.append(self.claim.request.fingerprint)
        bindings.append(self.claim.claimID)
        bindings.append(self.leaseSeconds)
    }
}

struct ProlongIdempotencyClaim: Statement {
    static let sql: StaticString = """
        UPDATE idempotent_requests SET claimed_until = clock_timestamp() + make_interval(secs => $4)
        WHERE principal = $1 AND idempotency_key = $2 AND claim_id = $3 AND status IS NULL
        """
    var claim: IdempotencyClaim
    var leaseSeconds: Double

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.request.principal)
        bindings.append(self.claim.request.key)
        bindings.append(self.claim.claimID)
        bindings.append(self.leaseSeconds)
    }
}

struct KeepIdempotentAnswer: Statement {
    static let sql: StaticString = """
        UPDATE idempotent_requests SET status = $4, headers = $5, body = $6
        WHERE principal = $1 AND idempotency_key = $2 AND claim_id = $3 AND status IS NULL
        """
    var claim: IdempotencyClaim
    var answer: IdempotentAnswer

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.request.principal)
        bindings.append(self.claim.request.key)
        bindings.append(self.claim.claimID)
        bindings.append(Int32(clamping: self.answer.status))
        bindings.append(PostgresJSON(bytes: self.answer.headers))
        bindings.append(self.answer.body)
    }
}

struct ReleaseIdempotencyClaim: Statement {
    static let sql: StaticString = """
        DELETE FROM idempotent_requests
        WHERE principal = $1 AND idempotency_key = $2 AND claim_id = $3 AND status IS NULL
        """
    var claim: IdempotencyClaim

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.request.principal)
        bindings.append(self.claim.request.key)
        bindings.append(self.claim.claimID)
    }
}

struct DropOldIdempotentRequests: Statement {
    static let sql: StaticString = "DELETE FROM idempotent_requests WHERE began_at < now() - interval '24 hours'"
}
