import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// The onboarding self-test: `POST /admin/v1/tenants/{tenant}/check`.
struct TenantCheckRoute: Sendable {
    /// Seconds that the test may take when nobody says: a PBX that is away is waited for.
    private static let wait = 30

    let inquiries: InquiryWait

    func add(to router: RouterGroup<OperatorContext>) {
        router.post("{tenant}/check") { request, context in
            _ = try QueryParameters(request, known: [])
            guard let established = context.established else { throw HTTPProblem(.notFound) }
            let wait = PreferredWait(request, standard: Self.wait)
            let findings = try await self.inquiries.answer(
                [CheckFinding].self,
                to: .check,
                of: established.scope,
                until: wait.deadline
            )
            let language = AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? established.tenant.locale
            return Response.json(
                ["data": .array(findings.map { $0.json(in: language) }), "next_cursor": .null],
                headers: wait.headers
            )
        }
    }
}
