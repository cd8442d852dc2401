// Rule 1: how a leg ends, and whether it was answered.

/// What a leg's events say of its end.
struct Closing: Hashable {
    /// The hangup that counts.
    let hangup: CallEvent
    /// Whether the leg was answered.
    let isAnswered: Bool
    /// Whether the events contradict each other on that.
    let isContradictory: Bool
}

extension PhoneLeg {
    /// Rule 1; nil while no hangup has come. Of several hangups the latest counts, at one time ANSWER before anything else,
    /// then the longer duration. Answered is `CallStatus=ANSWER` (vendor's event-logic page: other outcomes "must under no
    /// circumstances be logged as successful"), unless neither an answer event nor talk time backs it; an answer event
    /// together with talk time outweighs the status.
    var closing: Closing? {
        guard let hangup = self.hangups.max(by: { $0.isOutweighed(by: $1) }) else {
            return nil
        }
        let saysAnswer = hangup.callStatus == CallEvent.answerStatus
        let hasAnswerEvent = self.answer != nil
        let talked = (hangup.durationMicroseconds ?? 0) > 0
        let isHollow = saysAnswer && !hasAnswerEvent && hangup.durationMicroseconds == 0
        let statuses = Set(self.hangups.compactMap(\.callStatus))
        return Closing(
            hangup: hangup,
            isAnswered: saysAnswer ? !isHollow : hasAnswerEvent && talked,
            isContradictory: isHollow || (hasAnswerEvent && !saysAnswer) || statuses.count > 1
        )
    }
}

extension CallEvent {
    /// `CallStatus` of an answered leg.
    static let answerStatus = "ANSWER"

    /// Whether `other` counts more, of two hangups of one leg.
    func isOutweighed(by other: CallEvent) -> Bool {
        if self.eventTime != other.eventTime {
            return self.eventTime < other.eventTime
        }
        let saysAnswer = self.callStatus == Self.answerStatus
        if saysAnswer != (other.callStatus == Self.answerStatus) {
            return !saysAnswer
        }
        if self.durationMicroseconds != other.durationMicroseconds {
            return (self.durationMicroseconds ?? -1) < (other.durationMicroseconds ?? -1)
        }
        return self.precedes(other)
    }
}
