import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// A call's recording: `GET /v1/calls/{id}/recording` leads to the PBX's temporary URL. A worker asks the PBX for it; the URL
/// is a secret, and is kept by nobody here.
struct RecordingRoute: Sendable {
    /// Seconds that the PBX may take when nobody says.
    private static let wait = 20

    let database: Database
    /// The same as the workers'.
    let keyRing: KeyRing
    let inquiries: InquiryWait
    let now: @Sendable () -> Timestamp

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls/{id}/recording") { request, context in
            _ = try QueryParameters(request, known: [])
            guard let id = context.parameters.get("id").flatMap({ UUID(uuidString: $0) }),
                let call = try await self.database.tenant(context.scope, { try await $0.calls.find(id) })
            else { throw HTTPProblem(.notFound) }
            guard let recordingID = call.record.recordingID else {
                throw HTTPProblem(.recordingAbsent, detail: self.absence(of: call.record))
            }
            let wait = PreferredWait(request, standard: Self.wait)
            let url = try await self.url(of: recordingID, scope: context.scope, until: wait.deadline)
            var headers = wait.headers
            headers[.location] = url
            headers[.cacheControl] = "no-store"
            headers[.referrerPolicy] = "no-referrer"
            return Response(status: .found, headers: headers)
        }
    }

    /// - Throws: ``HTTPProblem``: 404 when the PBX no longer has the recording, 503 when it cannot be asked now.
    private func url(
        of recordingID: String,
        scope: TenantScope,
        until deadline: ContinuousClock.Instant
    ) async throws -> String {
        let id = UUID()
        let answer: RecordingAnswer
        do {
            answer = try await self.inquiries.answer(
                RecordingAnswer.self,
                to: .recording(recordingID),
                id: id,
                of: scope,
                until: deadline
            )
        } catch let problem as HTTPProblem where problem.code == .noAnswerInTime {
            throw HTTPProblem.temporary(.pbxUnavailable, retryAfterSeconds: 10)
        }
        switch answer {
        case .found(let sealedURL):
            return try self.keyRing.open(
                sealedURL,
                context: .recordingAddress(of: scope.tenantID, inquiryID: id)
            )
        case .gone:
            throw HTTPProblem(.recordingGone)
        case .unavailable(let seconds):
            throw HTTPProblem.temporary(.pbxUnavailable, retryAfterSeconds: seconds)
        }
    }

    private func absence(of record: CallRecord) -> LocalizedText {
        guard record.status == .answered else {
            return LocalizedText(
                ru: "На этот звонок не ответили, поэтому записи разговора нет и не будет.",
                en: "Nobody answered this call, so there is no recording, and none will come."
            )
        }
        guard RecordingSearches.mayStillFind(record, now: self.now()) else {
            return LocalizedText(
                ru: "У звонка нет записи разговора, и в истории АТС её больше не ищут.",
                en: "The call has no recording, and the PBX's call history is no longer asked for one."
            )
        }
        return LocalizedText(
            ru: """
                Записи разговора пока нет. Она ещё может появиться: историю звонков АТС спрашивают о ней в течение 6 часов \
                после звонка.
                """,
            en: """
                The call has no recording yet. One may still come: the PBX's call history is asked for it for 6 hours after the \
                call.
                """
        )
    }
}
