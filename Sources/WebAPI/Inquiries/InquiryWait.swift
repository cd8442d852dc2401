import FoundationEssentials
import Storage
import Telephony

/// Asks the workers about a PBX, and waits for the answer.
struct InquiryWait: Sendable {
    let database: Database
    let changes: ChangeWait

    /// The answer to a question.
    ///
    /// `id`: of the question, new.
    ///
    /// - Throws: ``HTTPProblem`` 504 when none came in time, 500 when the worker has none.
    func answer<Answer: Decodable & Sendable>(
        _ type: Answer.Type,
        to inquiry: Inquiry,
        id: UUID = UUID(),
        of scope: TenantScope,
        until deadline: ContinuousClock.Instant
    ) async throws -> Answer {
        try await self.database.tenant(scope) { try await $0.ask(inquiry, id: id) }
        let result: Result<InquiryReply<Answer>?, any Error>
        do {
            let reply: InquiryReply<Answer>? = try await self.changes.first(
                on: Channel.inquiryAnswered,
                of: scope.tenantID,
                within: max(deadline - .now, .zero),
                every: .milliseconds(500)
            ) {
                try await self.database.tenant(scope) { try await $0.reply(type, to: id) }
            }
            result = .success(reply)
        } catch {
            result = .failure(error)
        }
        try await self.database.tenant(scope) { try await $0.withdrawInquiry(id) }
        switch try result.get() {
        case .answer(let answer): return answer
        case .failed: throw HTTPProblem(.internalError)
        case nil: throw HTTPProblem(.noAnswerInTime)
        }
    }
}
