/// A call to be played: a scenario or a list of events, and how to play it.
package struct ScriptedCall: Sendable {
    /// What happens in the call.
    package enum Script: Sendable {
        /// One of the scenarios of the vendor's rules.
        case scenario(Scenario)
        /// Exactly these events. Without `CallID` they get the call's, without `EventTime` the time of their offset.
        case events([ScriptedEvent])
    }

    /// The client whose PBX plays it.
    package var clientID: Int
    /// What happens.
    package var script: Script
    /// The outside number of the caller, or the one called.
    package var clientNumber: String
    /// The public number called, without plus.
    package var calledDID: String
    /// The mobile that calls are forwarded to.
    package var mobileNumber: String
    /// The short name of the phone that plays the part of 102.
    package var userExtension: String?
    /// The CallID; fresh when nil.
    package var callID: String?
    /// How long the answered leg that matters talks, in place of the scenario's own time.
    package var talk: Duration?
    /// Microseconds since 1970-01-01 UTC at which the call begins. When nil it begins now, or, played faster than it lasts
    /// (``timeScale``), so long ago that its last event is now.
    package var startedAt: Int64?
    /// 0 sends the events one right after the other, 1 in real time, 0.1 ten times as fast.
    package var timeScale: Double
    /// Waits before each delivered event, in place of ``timeScale``; events beyond the list follow at once.
    package var delays: [Duration]
    /// Which events are sent, by their place in the script, in this order: repeats, drops and reorders. All, when nil.
    package var order: [Int]?

    /// Creates a call.
    package init(
        clientID: Int,
        script: Script,
        clientNumber: String = "+79161112233",
        calledDID: String = "74959998877",
        mobileNumber: String = "+79990001122",
        userExtension: String? = nil,
        callID: String? = nil,
        talk: Duration? = nil,
        startedAt: Int64? = nil,
        timeScale: Double = 0,
        delays: [Duration] = [],
        order: [Int]? = nil
    ) {
        self.clientID = clientID
        self.script = script
        self.clientNumber = clientNumber
        self.calledDID = calledDID
        self.mobileNumber = mobileNumber
        self.userExtension = userExtension
        self.callID = callID
        self.talk = talk
        self.startedAt = startedAt
        self.timeScale = timeScale
        self.delays = delays
        self.order = order
    }
}
