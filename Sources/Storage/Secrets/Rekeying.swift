import Postgres
package import Telephony

/// A secret that could not be sealed under the current key.
package struct RekeyFailure: Hashable, Sendable {
    package var tenantID: TenantID
    package var place: SealedPlace
    package var reason: KeyRing.OpenError
}

/// What a rekeying did, and what it left.
package struct RekeyReport: Sendable {
    /// How many secrets are now sealed under the current key that were not.
    package var resealed = 0
    /// The secrets that the key ring does not open; they stay as they are.
    package var failures: [RekeyFailure] = []
    /// How many secrets are sealed under each other key, by its id. More than the failures when a server whose MASTER_KEYS
    /// begins with another key goes on sealing, or when rows were locked all the time.
    package var remaining: [String: Int] = [:]
}

extension Database {
    /// Seals everything under the first key of the ring: in batches, a transaction each, while servers run.
    ///
    /// Where it stands is in the rows themselves, so after an interruption it is simply run again.
    ///
    /// - Parameters:
    ///   - keyRing: the current key, and those that the stored secrets are sealed under.
    ///   - actor: who, for the audit log.
    ///   - batch: rows a transaction.
    /// - Returns: what was done and what is left.
    /// - Throws: ``StorageError`` when the database fails; the batches before it stay.
    package func rekey(with keyRing: KeyRing, by actor: String, batch: Int = 500) async throws -> RekeyReport {
        var report = RekeyReport()
        report.remaining = try await self.remaining(keyRing)
        guard !report.remaining.isEmpty else { return report }
        let before = try PostgresJSON(json: report.remaining)
        try await self.system { transaction in
            try await transaction.audit(
                AuditEntry(actor: actor, action: "secrets.rekey", target: "key:\(keyRing.currentID)", before: before),
                tenantID: nil
            )
        }
        for pass in 1...5 {
            report.failures = []
            for kind in SealedKind.allCases {
                var last: SealedRow?
                repeat {
                    let after = last
                    let done = try await self.system { transaction in
                        try await transaction.sealedSecrets.reseal(
                            kind,
                            after: after,
                            with: keyRing,
                            limit: Int32(clamping: batch)
                        )
                    }
                    report.resealed += done.resealed
                    report.failures += done.failures
                    last = done.last
                } while last != nil
            }
            report.remaining = try await self.remaining(keyRing)
            // More than the failures: rows that others were writing. They are written soon.
            guard report.remaining.values.reduce(0, +) > report.failures.count, pass < 5 else { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        return report
    }

    private func remaining(_ keyRing: KeyRing) async throws -> [String: Int] {
        try await self.system { try await $0.sealedSecrets.counts() }.filter { $0.key != keyRing.currentID }
    }
}
