/// What the PBX's call history knows of a CallID: a recording, and whose it is.
package struct KnownRecording: Hashable, Sendable {
    /// The extension that was recorded.
    package var extensionID: ExtensionID
    /// The PBX's id of the recording, as the call history writes it.
    package var recordingID: String

    /// A recording of the call history.
    package init(extensionID: ExtensionID, recordingID: String) {
        self.extensionID = extensionID
        self.recordingID = recordingID
    }
}
