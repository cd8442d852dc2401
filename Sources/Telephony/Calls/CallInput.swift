/// All that the records of one CallID depend on.
package struct CallInput: Sendable {
    /// The call.
    package var callID: CallID
    /// Its stored events, in any order and with repetitions.
    package var events: [CallEvent]
    /// The extensions of the tenant's PBX.
    package var directory: ExtensionDirectory
    /// The mappings of the tenant over time, at least those of the extensions of the events.
    package var history: [MappingPeriod]
    /// What the PBX's call history knows of the recordings of this CallID, in any order (rule 12).
    package var recordings: [KnownRecording]
    /// The tenant's choices; `graceSeconds` is not read here, `grace` is.
    package var settings: TenantSettings
    /// How long to wait for a queue's hangup (rule 5), in microseconds, resolved from the tenant's and the server's setting.
    package var grace: Int64
    /// The instant of assembly.
    package var now: Timestamp

    /// The input of one assembly.
    package init(
        callID: CallID,
        events: [CallEvent],
        directory: ExtensionDirectory,
        history: [MappingPeriod],
        recordings: [KnownRecording] = [],
        settings: TenantSettings,
        grace: Int64,
        now: Timestamp
    ) {
        self.callID = callID
        self.events = events
        self.directory = directory
        self.history = history
        self.recordings = recordings
        self.settings = settings
        self.grace = grace
        self.now = now
    }
}
