/// What became of the question where a recording can be fetched.
package enum RecordingAnswer: Codable, Hashable, Sendable {
    /// At this temporary URL, sealed for ``SealContext/recordingAddress(of:inquiryID:)``: whoever has it can listen.
    case found(sealedURL: String)
    /// The PBX no longer has it.
    case gone
    /// The PBX cannot be asked now.
    case unavailable(retryAfterSeconds: Int)
}
