package import Logging
package import Postgres
import RingmeAPI
import ServiceLifecycle
package import Storage
import Telephony

import struct FoundationEssentials.UUID

/// Keeps the extension directories of the tenants: all extensions of their PBX, mapped or not.
///
/// Read when a tenant is put, when somebody asks, when calls name an extension that it lacks, and every hour. A listing that
/// fails leaves the directory as it is; one that changes how calls are assembled makes them due again.
package struct DirectoryReader: Service {
    private let database: Database
    private let listener: PostgresListener
    private let gateway: PBXGateway
    private let logger: Logger

    private static let leaseSeconds = 120
    private static let rereadSeconds = 3600
    private static let readsAtOnce = 4

    package init(database: Database, listener: PostgresListener, gateway: PBXGateway, logger: Logger) {
        self.database = database
        self.listener = listener
        self.gateway = gateway
        self.logger = logger
    }

    package func run() async throws {
        await forEachWakeUp(on: Channel.directory, of: self.listener, every: .seconds(1), logger: self.logger) {
            // What a process that ended too early left.
            await self.requestAssembly()
            _ = try await self.readDue()
        }
    }

    /// Reads the directories that are due, a few at once, until none is; returns how many.
    package func readDue() async throws -> Int {
        try await drainClaims(atOnce: Self.readsAtOnce) { free in
            try await self.database.system { transaction in
                try await transaction.claimDirectories(claimID: UUID(), leaseSeconds: Self.leaseSeconds, limit: free)
            }
        } run: { claim in
            do {
                try await self.read(claim)
            } catch {
                await self.recordDefect(error, of: claim)
            }
            await self.requestAssembly()
        }
    }

    private func requestAssembly() async {
        do {
            // All events of a tenant, at its first listing.
            while try await self.database.system(
                statementTimeout: .seconds(1800),
                { try await $0.requestAssemblyAfterListing() }
            ) {
                self.logger.info("the calls since the listing before are assembled again")
            }
        } catch {
            self.logger.warning(
                "calls could not be made due after a listing; it will be tried again",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// A listing that could not be stored is tried again later; without this it would come back at each end of its lease.
    private func recordDefect(_ error: any Error, of claim: DirectoryClaim) async {
        var metadata: Logger.Metadata = ["tenant.id": "\(claim.scope.tenantID)", "error": "\(error)"]
        self.logger.error("an extension directory could not be recorded", metadata: metadata)
        do {
            try await self.database.system { transaction in
                try await transaction.recordDirectoryFailure(claim, errorCode: "not_recorded", nextInSeconds: 300)
            }
        } catch {
            metadata["error"] = "\(error)"
            self.logger.error("its lease will run out instead", metadata: metadata)
        }
    }

    private func read(_ claim: DirectoryClaim) async throws {
        guard let tenant = try await self.database.system({ try await $0.tenants.find(claim.scope.tenantID) }) else {
            return
        }
        do {
            let session = try self.gateway.session(for: tenant)
            try await session.resolveClient(of: tenant, scope: claim.scope, isInteractive: claim.isInteractive)
            let listing = try await session.send(isInteractive: claim.isInteractive) { client throws(PBXError) in
                try await client.extensions()
            }
            try await self.database.system { transaction in
                let recorded = try await transaction.recordDirectory(
                    claim,
                    listing: listing.map(ListedExtension.init),
                    nextInSeconds: Self.rereadSeconds
                )
                if recorded {
                    try await transaction.setProblem(nil, of: claim.scope, about: .pbx)
                }
            }
        } catch let failure as PBXFailure {
            try await self.record(PBXTrouble(failure, attempts: claim.attempts - 1), of: claim)
        } catch let error as KeyRing.OpenError {
            self.logger.error(
                "a tenant's app secret cannot be opened",
                metadata: ["tenant.id": "\(claim.scope.tenantID)", "error": "\(error)"]
            )
            try await self.database.system { transaction in
                try await transaction.recordDirectoryFailure(claim, errorCode: "credentials_sealed", nextInSeconds: 300)
            }
        }
    }

    private func record(_ trouble: PBXTrouble, of claim: DirectoryClaim) async throws {
        self.logger.notice(
            "an extension directory could not be read",
            metadata: [
                "tenant.id": "\(claim.scope.tenantID)", "problem": "\(trouble.problem.code.rawValue)",
            ]
        )
        try await self.database.system { transaction in
            try await transaction.recordDirectoryFailure(
                claim,
                errorCode: trouble.problem.code.rawValue,
                nextInSeconds: trouble.retryAfterSeconds ?? Self.rereadSeconds
            )
            try await transaction.setProblem(trouble.problem, of: claim.scope, about: .pbx)
        }
    }
}

extension ListedExtension {
    init(_ listed: PBXExtension) {
        self.init(
            id: listed.id,
            name: listed.name,
            type: listed.type,
            label: listed.label,
            status: listed.status ?? "active"
        )
    }
}
