import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Self-test of a tenant over HTTP", .timeLimit(.minutes(5)))
struct TenantCheckRouteTests {
    private static let path = "/admin/v1/tenants/807/check"

    @Test("the operator reads what was found and how to mend it, in his language; a tenant's admin may not ask")
    func check() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let answer = try await MappingRoutesTests.during(
                api,
                Channel.inquiries,
                work: {
                    try await api.test.database.system { transaction in
                        for claim in try await transaction.claimInquiries(limit: 10) {
                            #expect(try claim.inquiry == .check)
                            let numbers = ["limit": 16, "used": 14, "free": 2, "needed": 4]
                            let id = ExtensionID(rawValue: 101)
                            let findings = [
                                CheckFinding(.credentials, .good),
                                CheckFinding(.limit, .noRoom, numbers: numbers, extensionID: id),
                            ]
                            try await transaction.answer(claim, with: findings)
                        }
                    }
                },
                request: { try await api.operate(.post, Self.path) }
            )
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.data.map { $0["check"]?.text } == ["credentials", "limit"])
            #expect(answer.data.map { $0["ok"] } == [true, false])
            #expect(answer.data[0]["fix"] == .null)
            #expect(answer.data[1]["detail"]?.text?.contains("14 из 16") == true)
            #expect(answer.data[1]["fix"]?.text?.contains("увеличить лимит") == true)

            let admin = try await api.send(.post, Self.path, key: api.key("admin", of: "807"))
            #expect(admin.status == .forbidden)
            #expect(try await api.operate(.post, "/admin/v1/tenants/808/check").status == .notFound)
        }
    }

    @Test("every outcome of every part has texts in both languages")
    func texts() {
        for check in CheckFinding.Check.allCases {
            for outcome in CheckFinding.Outcome.allCases {
                let finding = CheckFinding(
                    check,
                    outcome,
                    trouble: Storage.Problem(code: .accessDenied, data: .init(bytes: []))
                )
                #expect(!finding.detail.ru.isEmpty && !finding.detail.en.isEmpty)
                #expect((finding.fix == nil) == finding.isGood)
                #expect(finding.fix?.ru != finding.fix?.en || finding.isGood)
            }
        }
    }
}
