package import Logging
import Postgres
import RingmeAPI
import ServiceLifecycle
package import Storage
package import Telephony

import struct FoundationEssentials.UUID

/// Finds mapped phones that send nothing although the PBX has calls of theirs: then its webhooks do not reach us.
///
/// Only a tenant that has a phone without events for a day is looked at, by one listing of its call history, at most every six
/// hours and never from the reserve of the budget.
package struct SilenceDetector: Service {
    private let database: Database
    private let gateway: PBXGateway
    private let logger: Logger

    private static let leaseSeconds = 300
    private static let looksAtOnce = 2
    private static let pauseSeconds = 6 * 3600
    /// What only a person can change is looked at again so late.
    private static let terminalSeconds = 6 * 3600
    /// How far the history is read.
    private static let horizon = Duration.seconds(24 * 3600)
    /// An event may be that late.
    private static let grace = Duration.seconds(600)

    package init(database: Database, gateway: PBXGateway, logger: Logger) {
        self.database = database
        self.gateway = gateway
        self.logger = logger
    }

    package func run() async throws {
        await forEachTick(every: .seconds(60), logger: self.logger) { _ = try await self.detectDue() }
    }

    /// Looks at the tenants whose time has come; returns how many there were.
    ///
    /// `now`: the instant up to which the history is read; nil: the database's clock.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func detectDue(now: Timestamp? = nil) async throws -> Int {
        try await self.database.system { try await $0.silenceChecks.closeHeard() }
        return try await drainClaims(atOnce: Self.looksAtOnce) { free in
            try await self.database.system { transaction in
                try await transaction.silenceChecks.claim(
                    claimID: UUID(),
                    leaseSeconds: Self.leaseSeconds,
                    limit: free
                )
            }
        } run: { check in
            do {
                try await self.look(check, now: now ?? check.now)
            } catch {
                self.logger.error(
                    "a look for silent extensions could not be recorded; it comes again when its lease has run out",
                    metadata: ["tenant.id": "\(check.scope.tenantID)", "error": "\(error)"]
                )
            }
        }
    }

    private func look(_ check: SilenceCheck, now: Timestamp) async throws {
        let (tenant, quiet) = try await self.database.system { transaction in
            (
                try await transaction.tenants.find(check.scope.tenantID),
                try await transaction.silenceChecks.quietExtensions(of: check)
            )
        }
        guard let tenant else { return }
        var silent: [ExtensionID: Problem]?
        var nextInSeconds = Self.pauseSeconds
        do {
            let session = try self.gateway.session(for: tenant)
            try await session.resolveClient(of: tenant, scope: check.scope, isInteractive: false)
            let from = now - Self.horizon
            let history = try await session.send(isInteractive: false) { client throws(PBXError) in
                try await client.callHistory(from: from.microseconds, to: now.microseconds)
            }
            silent = Self.silent(quiet, in: history, until: now - Self.grace)
        } catch let failure as PBXFailure {
            // Nobody waits for it, and what is wrong is said by those who do their work there.
            let trouble = PBXTrouble(failure, attempts: check.failedAttempts)
            nextInSeconds = trouble.retryAfterSeconds ?? Self.terminalSeconds
        } catch is KeyRing.OpenError {
            nextInSeconds = Self.terminalSeconds
        }
        let result = (silent, nextInSeconds)
        try await self.database.system { transaction in
            try await transaction.silenceChecks.finish(check, silent: result.0, nextInSeconds: result.1)
        }
    }

    /// The quiet extensions that the history has calls of, which began when their subscriptions were right and ended before
    /// `deadline`.
    static func silent(
        _ quiet: [QuietExtension],
        in history: [PBXCall],
        until deadline: Timestamp
    ) -> [ExtensionID: Problem] {
        var silent: [ExtensionID: Problem] = [:]
        for quietOne in quiet {
            let ends = history.compactMap { call -> Timestamp? in
                let legs = Set(call.legs.compactMap(\.extensionID) + [call.extensionID].compactMap(\.self))
                guard legs.contains(quietOne.extensionID.rawValue), let ended = Self.instant(call.endedAt),
                    let started = Self.instant(call.startedAt), started > quietOne.activeSince, ended <= deadline,
                    quietOne.lastEventAt.map({ ended > $0 }) ?? true
                else { return nil }
                return ended
            }
            guard let last = ends.max() else { continue }
            let numbers = Numbers(
                calls: ends.count,
                lastCallAt: last.rfc3339,
                lastEventAt: quietOne.lastEventAt?.rfc3339
            )
            silent[quietOne.extensionID] = Problem(code: .silentExtension, data: PostgresJSON(encoding: numbers))
        }
        return silent
    }

    /// The PBX's own text of an instant: UTC, `2026-11-22 10:00:00`, perhaps with a fraction.
    private static func instant(_ text: String?) -> Timestamp? {
        text.flatMap { Timestamp(rfc3339: $0.replacing(" ", with: "T") + "Z") }
    }

    private struct Numbers: Encodable {
        var calls: Int
        var lastCallAt: String
        var lastEventAt: String?

        enum CodingKeys: String, CodingKey {
            case calls
            case lastCallAt = "last_call_at"
            case lastEventAt = "last_event_at"
        }
    }
}
