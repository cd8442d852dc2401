import HTTPTypes
import Hummingbird

/// How long a write may wait for the PBX: the seconds of `Prefer: wait=N` within our bound, 10 when nobody says.
struct PreferredWait: Sendable {
    /// In seconds.
    private static let maximum = 60

    let deadline: ContinuousClock.Instant
    /// Says which preference was applied (RFC 7240).
    let headers: HTTPFields

    /// `standard`: seconds when nobody says.
    init(_ request: Request, standard: Int = 10) {
        let preferred = Prefer.wait(request.headers[values: .prefer])
        let seconds = min(preferred ?? standard, Self.maximum)
        self.deadline = .now + .seconds(seconds)
        self.headers = preferred == nil ? [:] : [.preferenceApplied: "wait=\(seconds)"]
    }
}
