package import FoundationEssentials
import Postgres
import Telephony

/// A question about a tenant's PBX. Whoever serves HTTP does not speak to PBXs: it asks by a row, and a worker answers.
package enum Inquiry: Hashable, Sendable {
    /// What runs over these extensions would do: answered by a ``PlanPreview``.
    case plan([PlanPreview.Subject])
    /// Whether all works, from the credentials to an event end to end: answered by a list of ``CheckFinding``.
    case check
    /// Where the recording with that id can be fetched now: answered by a ``RecordingAnswer``.
    case recording(String)
}

/// A question leased to one worker. It is leased once: when the worker dies, the asker's time passes.
package struct InquiryClaim: Hashable, Sendable {
    package var scope: TenantScope
    package var inquiryID: UUID
    private var kind: String
    private var body: PostgresJSON

    /// The question itself.
    ///
    /// - Throws: an error of decoding when this program does not understand it.
    package var inquiry: Inquiry {
        get throws {
            let body = Data(self.body.bytes)
            switch self.kind {
            case "check":
                return .check
            case "recording":
                let members = try JSONDecoder().decode([String: String].self, from: body)
                return .recording(members[Inquiry.recordingKey] ?? "")
            default:
                return .plan(try JSONDecoder().decode([PlanPreview.Subject].self, from: body))
            }
        }
    }
}

extension InquiryClaim {
    fileprivate init(row: inout Row) throws(PostgresError) {
        self.scope = TenantScope(tenantID: try row.next())
        self.inquiryID = try row.next()
        self.kind = try row.next()
        self.body = try row.next()
    }
}

/// What became of a question.
package enum InquiryReply<Answer: Sendable>: Sendable {
    case answer(Answer)
    /// The worker that took it could not answer it; its log says why.
    case failed
}

extension TenantTransaction {
    /// Asks, and wakes the workers.
    package func ask(_ inquiry: Inquiry, id: UUID) async throws {
        let body: PostgresJSON =
            switch inquiry {
            case .plan(let subjects): try PostgresJSON(json: subjects)
            case .check: try PostgresJSON(json: [String: String]())
            case .recording(let recordingID): try PostgresJSON(json: [Inquiry.recordingKey: recordingID])
            }
        _ = try await self.postgres.execute(
            InsertInquiry(tenantID: self.tenantID, inquiryID: id, kind: inquiry.kind, body: body)
        )
        try await self.postgres.notify(channel: Channel.inquiries, payload: "")
    }

    /// What became of the question; nil while nothing has.
    ///
    /// - Throws: an error of decoding when the answer is to another kind of question.
    package func reply<Answer: Decodable>(
        _ type: Answer.Type,
        to id: UUID
    ) async throws -> InquiryReply<Answer>? {
        let answer = try await self.postgres.first(FindAnswer(tenantID: self.tenantID, inquiryID: id)) ?? nil
        return try answer.map { answer in
            guard answer != .failure else { return .failed }
            return .answer(try JSONDecoder().decode(type, from: Data(answer.bytes)))
        }
    }

    /// Takes the question back: it is answered, or nobody waits for it any more.
    package func withdrawInquiry(_ id: UUID) async throws {
        _ = try await self.postgres.execute(DeleteInquiry(tenantID: self.tenantID, inquiryID: id))
    }
}

extension SystemTransaction {
    /// Leases up to `limit` questions, the oldest first.
    package func claimInquiries(limit: Int) async throws -> [InquiryClaim] {
        try await self.postgres.execute(ClaimInquiries(limit: Int32(clamping: limit)))
    }

    /// Answers, and wakes the asker. An asker that is gone is no matter.
    package func answer(_ claim: InquiryClaim, with answer: some Encodable) async throws {
        try await self.reply(to: claim, by: try PostgresJSON(json: answer))
    }

    /// Tells the asker that there will be no answer.
    package func fail(_ claim: InquiryClaim) async throws {
        try await self.reply(to: claim, by: .failure)
    }

    private func reply(to claim: InquiryClaim, by answer: PostgresJSON) async throws {
        _ = try await self.postgres.execute(
            AnswerInquiry(tenantID: claim.scope.tenantID, inquiryID: claim.inquiryID, answer: answer)
        )
        try await self.postgres.notify(channel: Channel.inquiryAnswered, of: claim.scope.tenantID)
    }

    /// Removes the questions of askers that died, when they are an hour old; those about recordings, whose answers are secrets,
    /// when they are a minute old, which no asker waits.
    package func dropOldInquiries() async throws {
        _ = try await self.postgres.execute(DropOldInquiries())
    }
}

extension Inquiry {
    fileprivate var kind: String {
        switch self {
        case .plan: "plan"
        case .check: "check"
        case .recording: "recording"
        }
    }

    fileprivate static let recordingKey = "recording_id"
}

extension PostgresJSON {
    /// In the place of an answer: there will be none.
    fileprivate static let failure = PostgresJSON(bytes: Array("null".utf8))

    /// A value as a JSON document.
    init(json value: some Encodable) throws {
        self.init(bytes: Array(try JSONEncoder().encode(value)))
    }
}

struct InsertInquiry: Statement {
    static let sql: StaticString = """
        INSERT INTO pbx_inquiries (tenant_id, inquiry_id, kind, body) VALUES ($1, $2, $3, $4)
        """
    var tenantID: String
    var inquiryID: UUID
    var kind: String
    var body: PostgresJSON

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.inquiryID)
        bindings.append(self.kind)
        bindings.append(self.body)
    }
}

struct FindAnswer: Statement {
    static let sql: StaticString = "SELECT answer FROM pbx_inquiries WHERE tenant_id = $1 AND inquiry_id = $2"
    var tenantID: String
    var inquiryID: UUID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.inquiryID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> PostgresJSON? { try row.nextOptional() }
}

struct DeleteInquiry: Statement {
    static let sql: StaticString = "DELETE FROM pbx_inquiries WHERE tenant_id = $1 AND inquiry_id = $2"
    var tenantID: String
    var inquiryID: UUID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.inquiryID)
    }
}

struct ClaimInquiries: Statement {
    static let sql: StaticString = """
        WITH asked AS (
          SELECT tenant_id, inquiry_id FROM pbx_inquiries WHERE claimed_at IS NULL
          ORDER BY asked_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE pbx_inquiries i SET claimed_at = now() FROM asked
        WHERE i.tenant_id = asked.tenant_id AND i.inquiry_id = asked.inquiry_id
        RETURNING i.tenant_id, i.inquiry_id, i.kind, i.body
        """
    var limit: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.limit) }
    static func decode(_ row: inout Row) throws(PostgresError) -> InquiryClaim { try InquiryClaim(row: &row) }
}

struct AnswerInquiry: Statement {
    static let sql: StaticString = "UPDATE pbx_inquiries SET answer = $3 WHERE tenant_id = $1 AND inquiry_id = $2"
    var tenantID: TenantID
    var inquiryID: UUID
    var answer: PostgresJSON

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.inquiryID)
        bindings.append(self.answer)
    }
}

struct DropOldInquiries: Statement {
    static let sql: StaticString = """
        DELETE FROM pbx_inquiries
        WHERE asked_at < now() - CASE kind WHEN 'recording' THEN interval '1 minute' ELSE interval '1 hour' END
        """
}
