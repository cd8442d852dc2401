package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
package import Storage
package import Telephony

/// Turns stored events into call records.
///
/// It claims due CallIDs in batches, runs ``Telephony/assemble(_:)`` over all their events, and writes what differs from the
/// stored records, in one transaction. A crash anywhere leaves the CallIDs due, and the repetition has the same result. When
/// one CallID cannot be written, the batch is done again one by one and that CallID is put off; the others do not suffer.
package struct Assembler: Service {
    private let database: Database
    private let listener: PostgresListener
    private let defaults: AssemblyDefaults
    private let batchSize: Int
    private let logger: Logger
    private let metrics = AssemblyMetrics()

    /// `defaults`: for what the tenants leave to the server.
    /// `batchSize`: due rows a transaction.
    package init(
        database: Database,
        listener: PostgresListener,
        defaults: AssemblyDefaults,
        batchSize: Int = 500,
        logger: Logger
    ) {
        self.database = database
        self.listener = listener
        self.defaults = defaults
        self.batchSize = batchSize
        self.logger = logger
    }

    package func run() async throws {
        await forEachWakeUp(
            on: Channel.assembly,
            of: self.listener,
            every: .milliseconds(250),
            logger: self.logger
        ) {
            while try await self.assembleDue() > 0, !Task.isShuttingDownGracefully {}
            self.metrics.note(try await self.database.system { try await $0.assembly.backlog() })
        }
    }

    /// Assembles one batch of due CallIDs.
    ///
    /// - Parameter now: the instant that decides what is due; nil: the database's clock.
    /// - Returns: how many CallIDs were done.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func assembleDue(now: Timestamp? = nil) async throws -> Int {
        let claimed = ClaimedKeys()
        do {
            return try await self.database.system { transaction in
                let claim = try await transaction.assembly.claim(limit: self.batchSize, now: now)
                claimed.keys = claim.keys
                return try await self.assemble(claim, in: transaction)
            }
        } catch let error as StorageError where error.code == .statementFailed && !claimed.keys.isEmpty {
            self.logger.error(
                "a batch of calls could not be written; doing it one by one",
                metadata: ["error": "\(error)", "calls": "\(claimed.keys.count)"]
            )
            return try await self.assembleOneByOne(claimed.keys)
        }
    }

    /// Assembles these CallIDs, due or not.
    package func assemble(_ keys: [CallKey]) async throws -> Int {
        try await self.database.system { transaction in
            try await self.assemble(try await transaction.assembly.claim(keys), in: transaction)
        }
    }

    private func assemble(_ claim: AssemblyClaim, in transaction: SystemTransaction) async throws -> Int {
        guard !claim.keys.isEmpty else { return 0 }
        let materials = try await transaction.assembly.load(claim)
        let results = materials.map { $0.result(self.defaults, now: claim.now) }
        try await transaction.assembly.noteActivity(materials)
        try await transaction.requestDirectories(of: self.tenantsToListAgain(materials))
        try await transaction.assembly.write(results)
        self.metrics.note(results)
        return claim.keys.count
    }

    /// Tenants with a call that names an extension which the directory lacks.
    private func tenantsToListAgain(_ materials: [AssemblyMaterial]) -> Set<TenantScope> {
        materials.reduce(into: []) { scopes, material in
            guard !scopes.contains(material.key.scope) else { return }
            if material.events.contains(where: material.directory.lacksExtension(of:)) {
                scopes.insert(material.key.scope)
            }
        }
    }

    private func assembleOneByOne(_ keys: [CallKey]) async throws -> Int {
        var done = 0
        for key in keys {
            do {
                done += try await self.assemble([key])
            } catch let error as StorageError where error.code == .statementFailed {
                let attempts = try await self.database.system { transaction in
                    try await transaction.assembly.putOff([key], maximumBackoffSeconds: 3600)
                }
                self.metrics.failures.increment()
                self.logger.error(
                    "a call could not be assembled and was put off",
                    metadata: [
                        "tenant.id": "\(key.scope.tenantID)", "call.id": "\(key.callID)", "error": "\(error)",
                        "attempts": "\(attempts)",
                    ]
                )
            }
        }
        return done
    }

    /// What a transaction claimed, for the case that it fails.
    private final class ClaimedKeys {
        var keys: [CallKey] = []
    }
}
