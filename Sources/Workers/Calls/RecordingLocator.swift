package import FoundationEssentials
import RingmeAPI
package import Storage
import Telephony

/// Asks PBXs where recordings can be fetched. A person waits for the answer, so it may use most of the budget's reserve.
package struct RecordingLocator: Sendable {
    private let database: Database
    private let gateway: PBXGateway
    private let keyRing: KeyRing

    /// When to ask again while only a person can mend what is in the way.
    private static let terminalSeconds = 300

    package init(database: Database, gateway: PBXGateway, keyRing: KeyRing) {
        self.database = database
        self.gateway = gateway
        self.keyRing = keyRing
    }

    /// The address of a recording, sealed for the inquiry. One request.
    ///
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func locate(_ recordingID: String, of scope: TenantScope, inquiryID: UUID) async throws -> RecordingAnswer {
        guard let tenant = try await self.database.system({ try await $0.tenants.find(scope.tenantID) }) else {
            return .gone
        }
        do {
            let session = try self.gateway.session(for: tenant)
            try await session.resolveClient(of: tenant, scope: scope, isInteractive: true)
            let url = try await session.send(isInteractive: true) { client throws(PBXError) in
                try await client.recordingURL(recordID: recordingID)
            }
            let context = SealContext.recordingAddress(of: scope.tenantID, inquiryID: inquiryID)
            return .found(sealedURL: try self.keyRing.seal(url, context: context))
        } catch let failure as PBXFailure {
            if failure.isMissingRecording {
                return .gone
            }
            let trouble = PBXTrouble(failure, attempts: 0)
            return .unavailable(retryAfterSeconds: trouble.retryAfterSeconds ?? Self.terminalSeconds)
        } catch is KeyRing.OpenError {
            return .unavailable(retryAfterSeconds: Self.terminalSeconds)
        }
    }
}

extension PBXFailure {
    /// Whether the PBX said that it does not have the recording; not that it does not have the client.
    fileprivate var isMissingRecording: Bool {
        guard case .pbx(let error) = self else { return false }
        return error.operation == .recordingURL && error.code == .notFound && error.vendorStatus != "client_not_found"
    }
}
