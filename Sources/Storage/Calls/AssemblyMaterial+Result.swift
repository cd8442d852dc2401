package import Telephony

/// What the server decides for tenants without a setting of their own.
package struct AssemblyDefaults: Hashable, Sendable {
    /// `ASSEMBLY_GRACE`.
    package var grace: Duration
    /// `CALL_RETENTION`; nil: unlimited.
    package var callRetention: Duration?

    package init(grace: Duration, callRetention: Duration? = nil) {
        self.grace = grace
        self.callRetention = callRetention
    }
}

extension AssemblyMaterial {
    /// Runs the rules over the material: the one way in which call records are made, for the assembler, replays and
    /// explanations alike.
    ///
    /// - Parameters:
    ///   - defaults: for what the tenant leaves to the server.
    ///   - now: the instant of assembly.
    /// - Returns: what the events mean at that instant.
    package func assembly(_ defaults: AssemblyDefaults, now: Timestamp) -> Assembly {
        Telephony.assemble(
            CallInput(
                callID: self.key.callID,
                events: self.events,
                directory: self.directory,
                history: self.history,
                recordings: self.recordings,
                settings: self.settings,
                grace: self.settings.graceSeconds.map { Int64($0 * 1_000_000) } ?? defaults.grace.microseconds,
                now: now
            )
        )
    }

    /// Before it no new record is written: retention would remove it. Nil: records are kept for ever.
    func horizon(_ defaults: AssemblyDefaults, now: Timestamp) -> Timestamp? {
        let retention = self.settings.callRetentionDays.map { .seconds(86_400) * $0 } ?? defaults.callRetention
        return retention.map { now - $0 }
    }

    /// What the assembly changes in storage; the parameters are those of ``assembly(_:now:)``.
    package func result(_ defaults: AssemblyDefaults, now: Timestamp) -> AssemblyResult {
        let assembly = self.assembly(defaults, now: now)
        return AssemblyResult(
            key: self.key,
            changes: CallChange.changes(
                from: self.stored,
                to: assembly.records,
                horizon: self.horizon(defaults, now: now)
            ),
            nextDue: assembly.nextDue,
            staleLegs: assembly.staleLegs
        )
    }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
