/// How a call ended. Only `answered` is a success (vendor's page of CallStatus values: nothing else may count as one).
package enum CallStatus: String, CaseIterable, Hashable, Sendable {
    case answered
    case missed
    case busy
    case cancelled
    case noAnswer = "no_answer"
    case failed
}
