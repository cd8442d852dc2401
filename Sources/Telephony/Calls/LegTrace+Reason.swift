extension LegTrace {
    /// Why a leg was decided as it was.
    package enum Reason: String, CaseIterable, Hashable, Sendable {
        case answeredIncoming = "answered_incoming"
        case answeredOutgoing = "answered_outgoing"
        case unansweredOutgoing = "unanswered_outgoing"
        case forwardedOutside = "forwarded_outside"
        case callbackAlone = "callback_alone"
        case missedInQueue = "missed_in_queue"
        case missedInIVR = "missed_in_ivr"
        case missedAtPhone = "missed_at_phone"
        case internalRecorded = "internal_recorded"
        case unansweredIncoming = "unanswered_incoming"
        case unansweredOutgoingUnwanted = "unanswered_outgoing_unwanted"
        case internalCall = "internal_call"
        case internalForward = "internal_forward"
        case callbackLeg = "callback_leg"
        case bridged = "bridged"
        case missedElsewhere = "missed_elsewhere"
        case noVerdict = "no_verdict"
        case monitoredWithoutHangup = "monitored_without_hangup"
        case notAssembled = "not_assembled"
        case extensionNotAssembled = "extension_not_assembled"
        case waitingForHangup = "waiting_for_hangup"
        case stale = "stale"
        case waitingForGrace = "waiting_for_grace"

        /// The reason as a sentence for people.
        package func text(in language: Language) -> String {
            switch language {
            case .en: self.english
            case .ru: self.russian
            }
        }

        private var english: String {
            switch self {
            case .answeredIncoming: "The user answered the incoming call."
            case .answeredOutgoing: "The client answered the outgoing call."
            case .unansweredOutgoing: "The outgoing call was not answered."
            case .forwardedOutside: "The call was forwarded to a number outside the PBX."
            case .callbackAlone: "The call was started through the API, and nothing else is known of it."
            case .missedInQueue: "The caller left the queue without having been answered."
            case .missedInIVR: "The caller left the voice menu without having been answered."
            case .missedAtPhone: "The call came straight to phones, and nobody answered."
            case .internalRecorded: "An internal call; this organisation records internal calls."
            case .unansweredIncoming: "The phone rang, but this leg was not answered."
            case .unansweredOutgoingUnwanted:
                "The outgoing call was not answered; this organisation does not record such calls."
            case .internalCall: "An internal call; only calls with outside numbers are recorded."
            case .internalForward: "A forward between extensions; only calls with outside numbers are recorded."
            case .callbackLeg: "The leg was started through the API for another conversation of this call."
            case .bridged: "A phone answered this call, so it was not missed."
            case .missedElsewhere:
                "The same call was missed in a later queue or a queue after the menu; it is counted there."
            case .noVerdict: "The voice menu or queue did not say that nobody answered."
            case .monitoredWithoutHangup: "Of voice menus and queues only the end of a call counts."
            case .notAssembled: "Events of this type are kept, but make no call."
            case .extensionNotAssembled: "Calls of this kind of extension are not recorded."
            case .waitingForHangup: "The call has not ended yet."
            case .stale: "The end of the call was never reported."
            case .waitingForGrace: "The call ended a moment ago; reports of other extensions are awaited."
            }
        }

        private var russian: String {
            switch self {
            case .answeredIncoming: "Пользователь ответил на входящий звонок."
            case .answeredOutgoing: "Клиент ответил на исходящий звонок."
            case .unansweredOutgoing: "На исходящий звонок не ответили."
            case .forwardedOutside: "Звонок переадресован на номер вне АТС."
            case .callbackAlone: "Звонок начат через API, и больше о нём ничего не известно."
            case .missedInQueue: "Звонивший покинул очередь, не дождавшись ответа."
            case .missedInIVR: "Звонивший покинул голосовое меню, не дождавшись ответа."
            case .missedAtPhone: "Звонок пришёл прямо на телефоны, и никто не ответил."
            case .internalRecorded: "Внутренний звонок; эта организация записывает внутренние звонки."
            case .unansweredIncoming: "Телефон звонил, но на этом плече не ответили."
            case .unansweredOutgoingUnwanted:
                "На исходящий звонок не ответили; эта организация не записывает такие звонки."
            case .internalCall: "Внутренний звонок; записываются только звонки с внешними номерами."
            case .internalForward: "Переадресация между внутренними номерами; записываются только внешние звонки."
            case .callbackLeg: "Это плечо начато через API ради другого разговора того же звонка."
            case .bridged: "На этот звонок ответил телефон, поэтому он не пропущен."
            case .missedElsewhere:
                "Этот же звонок пропущен в более поздней очереди или в очереди после меню; он учтён там."
            case .noVerdict: "Голосовое меню или очередь не сообщили, что никто не ответил."
            case .monitoredWithoutHangup: "У голосовых меню и очередей учитывается только завершение звонка."
            case .notAssembled: "События этого типа хранятся, но звонка не образуют."
            case .extensionNotAssembled: "Звонки добавочных этого вида не записываются."
            case .waitingForHangup: "Звонок ещё не завершён."
            case .stale: "О завершении звонка так и не сообщили."
            case .waitingForGrace: "Звонок только что завершён; ожидаются сообщения других добавочных."
            }
        }
    }
}
