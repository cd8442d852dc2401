/// A leg of a call at a phone: its dial, its answer if it has one, its hangup.
struct Leg {
    /// How the leg ends.
    enum End: Hashable {
        /// Answered; talked for so long.
        case answered(Duration)
        /// Not answered, with this CallStatus at the hangup.
        case unanswered(String)
    }

    var phone: SimulatedExtension
    var start: Duration
    var ring: Duration = .seconds(4)
    var end: End
    /// The caller's number of an incoming leg, the number dialled of an outgoing one.
    var number: String
    /// The extension that rings this phone (a queue, or the colleague who transfers), or the one dialled.
    var peer: SimulatedExtension?
    /// The outside number after a transfer between extensions.
    var remoteNumber: String?
    var did: String?
    var isRecorded = false
    /// The recording exists, but its id is not in the hangup.
    var isRecordingLate = false
    var isTransferred = false
    var callbackID: String?
    /// SubCallID carries the CallID's own digits: the first outgoing leg of a call.
    var isFirst = false
}
