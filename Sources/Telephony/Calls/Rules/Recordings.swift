// Rule 12: the recording of a leg. About one hangup in twenty comes before its recording is ready (vendor's events page),
// then a later hangup or the PBX's call history names it.

extension CallEvidence {
    /// The recording of an answered leg: of its latest hangup that names one, else the one of the call history that can be
    /// no other leg's, else nil.
    func recordingID(of leg: PhoneLeg, known: [KnownRecording]) -> String? {
        leg.recordingID ?? self.recordingInHistory(of: leg.extensionRef.id, known: known)
    }

    /// The call history names an extension and no leg, so it tells only when one talk of that extension lacks a recording
    /// and one recording of it is left. A leg that is answered but not ended is a talk as well.
    private func recordingInHistory(of extensionID: ExtensionID, known: [KnownRecording]) -> String? {
        let ofExtension = known.filter { $0.extensionID == extensionID }.map(\.recordingID)
        guard !ofExtension.isEmpty else {
            return nil
        }
        let lacking = self.phoneLegs.filter {
            $0.extensionRef.id == extensionID && $0.recordingID == nil && $0.closing?.isAnswered ?? ($0.answer != nil)
        }
        // The call history writes ids in capitals, webhooks in small letters.
        let taken = Set(self.events.compactMap { $0.recID?.trimmed().lowercased() })
        let left = Dictionary(grouping: ofExtension) { $0.trimmed().lowercased() }.filter { !taken.contains($0.key) }
        guard lacking.count == 1, left.count == 1 else {
            return nil
        }
        return left.first?.value.min()
    }
}

extension PhoneLeg {
    /// The recording of the latest hangup that names one.
    var recordingID: String? {
        self.hangups.filter { $0.recID != nil }.max { $0.isOutweighed(by: $1) }?.recID
    }
}
