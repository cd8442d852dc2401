package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Telephony

/// Answers the questions about PBXs that HTTP requests wait with.
package struct InquiryAnswerer: Service {
    private let database: Database
    private let listener: PostgresListener
    private let previewer: PlanPreviewer
    private let checker: TenantChecker
    private let locator: RecordingLocator
    private let logger: Logger

    private static let answersAtOnce = 4

    package init(
        database: Database,
        listener: PostgresListener,
        previewer: PlanPreviewer,
        checker: TenantChecker,
        locator: RecordingLocator,
        logger: Logger
    ) {
        self.database = database
        self.listener = listener
        self.previewer = previewer
        self.checker = checker
        self.locator = locator
        self.logger = logger
    }

    package func run() async throws {
        var nextCleaning = ContinuousClock.now
        await forEachWakeUp(on: Channel.inquiries, of: self.listener, every: .seconds(1), logger: self.logger) {
            _ = try await self.answerAll()
            guard ContinuousClock.now >= nextCleaning else { return }
            nextCleaning = ContinuousClock.now + .seconds(60)
            try await self.database.system { try await $0.dropOldInquiries() }
        }
    }

    /// Answers what is asked, a few questions at once, until nothing is; returns how many there were.
    ///
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func answerAll() async throws -> Int {
        try await drainClaims(atOnce: Self.answersAtOnce) { free in
            try await self.database.system { try await $0.claimInquiries(limit: free) }
        } run: { claim in
            do {
                try await self.answer(claim)
            } catch {
                self.log("an inquiry could not be answered", claim, error)
                await self.fail(claim)
            }
        }
    }

    /// Tells the asker so, that it need not wait in vain.
    private func fail(_ claim: InquiryClaim) async {
        do {
            try await self.database.system { try await $0.fail(claim) }
        } catch {
            self.log("the asker of an inquiry could not be told that there is no answer", claim, error)
        }
    }

    private func log(_ message: Logger.Message, _ claim: InquiryClaim, _ error: any Error) {
        self.logger.error(
            message,
            metadata: [
                "tenant.id": "\(claim.scope.tenantID)", "inquiry.id": "\(claim.inquiryID)", "error": "\(error)",
            ]
        )
    }

    private func answer(_ claim: InquiryClaim) async throws {
        switch try claim.inquiry {
        case .plan(let subjects):
            var generator = SystemRandomNumberGenerator()
            let preview = try await self.previewer.preview(subjects, of: claim.scope, using: &generator)
            try await self.database.system { try await $0.answer(claim, with: preview) }
        case .check:
            let findings = try await self.checker.check(claim.scope, id: claim.inquiryID)
            try await self.database.system { try await $0.answer(claim, with: findings) }
        case .recording(let recordingID):
            let answer = try await self.locator.locate(recordingID, of: claim.scope, inquiryID: claim.inquiryID)
            try await self.database.system { try await $0.answer(claim, with: answer) }
        }
    }
}
