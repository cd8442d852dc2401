extension SimulatedPBX {
    /// Puts a recording into the call history, as the PBX does when it is ready some time after the hangup.
    ///
    /// - Parameters:
    ///   - recordID: The recording, `<extension>-<32 hex>`; nil takes one out that is gone.
    ///   - callID: The call, in any case.
    ///   - extensionID: Whose leg; of several the last.
    /// - Throws: ``SimulatorError`` when the history has no such leg.
    package func setRecording(_ recordID: String?, callID: String, extensionID: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard let call = state.calls.lastIndex(where: { $0.callID.lowercased() == callID.lowercased() }),
                let leg = state.calls[call].legs.lastIndex(where: { $0.extensionID == extensionID })
            else {
                throw .notFound("the call history has no such leg: \(callID), \(extensionID)")
            }
            state.calls[call].legs[leg].recordID = recordID
        }
    }
}
