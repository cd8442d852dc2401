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
        case missedAtPhoneUnwanted = "missed_at_phone_unwanted"
        case internalRecorded = "internal_recorded"
        case internalMissed = "internal_missed"
        case unansweredIncoming = "unanswered_incoming"
        case unansweredOutgoingUnwanted = "unanswered_outgoing_unwanted"
        case internalCaller = "internal_caller"
        case internalCalled = "internal_called"
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

        /// The tenant's setting that dropped the leg or let it in, by its name in the tenant's settings; nil when the decision
        /// would be the same under any.
        package var setting: String? {
            switch self {
            case .internalCaller, .internalCalled, .internalForward, .internalRecorded, .internalMissed:
                "external_only"
            case .unansweredOutgoing, .unansweredOutgoingUnwanted:
                "record_unanswered_outgoing"
            case .missedAtPhone, .missedAtPhoneUnwanted:
                "direct_missed"
            case .answeredIncoming, .answeredOutgoing, .forwardedOutside, .callbackAlone, .missedInQueue, .missedInIVR,
                .unansweredIncoming, .callbackLeg, .bridged, .missedElsewhere, .noVerdict, .monitoredWithoutHangup,
                .notAssembled, .extensionNotAssembled, .waitingForHangup, .stale, .waitingForGrace:
                nil
            }
        }

        /// The reason as a sentence for people.
        package func text(in language: Language) -> String {
            switch language {
            case .en: self.english
            case .ru: self.russian
            }
        }

        // "Logged" and «учитывать», not "recorded" and «записывать»: people would think of the recording of the talk.

        private var english: String {
            switch self {
            case .answeredIncoming: "The incoming call was answered on this phone."
            case .answeredOutgoing: "The other party answered the outgoing call."
            case .unansweredOutgoing: "The outgoing call was not answered."
            case .forwardedOutside: "This phone's call was forwarded to a number outside the PBX."
            case .callbackAlone: "The call was started through the API, and nothing else is known of it."
            case .missedInQueue: "The caller left the queue without having been answered."
            case .missedInIVR: "The caller left the voice menu without having been answered."
            case .missedAtPhone:
                "The call came straight to phones, and nobody answered; this organisation logs such calls as missed."
            case .missedAtPhoneUnwanted:
                "The call came straight to phones, and nobody answered; this organisation does not log such calls."
            case .internalRecorded: "Both parties are of this PBX; this organisation logs internal calls."
            case .internalMissed:
                "The caller is of this PBX and was not answered; this organisation logs internal calls."
            case .unansweredIncoming:
                "This phone rang and was not answered; a missed call is logged where a queue or voice menu reports it."
            case .unansweredOutgoingUnwanted:
                "The outgoing call was not answered; this organisation does not log such calls."
            case .internalCaller:
                "The caller's number is of this PBX, and no outside number is behind it; this organisation logs only calls "
                    + "with outside numbers."
            case .internalCalled:
                "The called number is of this PBX, and no outside number is behind it; this organisation logs only calls "
                    + "with outside numbers."
            case .internalForward:
                "A forward from one extension to another; this organisation logs only calls with outside numbers."
            case .callbackLeg: "The leg was started through the API for another conversation of this call."
            case .bridged: "A phone answered this call, so it was not missed."
            case .missedElsewhere:
                "The same call was missed in a later queue, or in a queue after the menu; it is counted there."
            case .noVerdict: "The voice menu or queue did not say that nobody answered."
            case .monitoredWithoutHangup: "Of voice menus and queues only the end of a call counts."
            case .notAssembled: "Events of this type are kept, but make no call."
            case .extensionNotAssembled: "Calls of this kind of extension are not logged."
            case .waitingForHangup: "The call has not ended yet."
            case .stale: "The end of the call was never reported; it is logged as soon as that comes."
            case .waitingForGrace: "The call ended a moment ago; reports of other extensions are awaited."
            }
        }

        private var russian: String {
            switch self {
            case .answeredIncoming: "На входящий звонок ответили с этого телефона."
            case .answeredOutgoing: "Собеседник ответил на исходящий звонок."
            case .unansweredOutgoing: "На исходящий звонок не ответили."
            case .forwardedOutside: "Звонок переадресован с этого телефона на номер вне АТС."
            case .callbackAlone: "Звонок начат через API, и больше о нём ничего не известно."
            case .missedInQueue: "Звонивший покинул очередь, не дождавшись ответа."
            case .missedInIVR: "Звонивший покинул голосовое меню, не дождавшись ответа."
            case .missedAtPhone:
                "Звонок пришёл прямо на телефоны, и никто не ответил; эта организация учитывает такие звонки как "
                    + "пропущенные."
            case .missedAtPhoneUnwanted:
                "Звонок пришёл прямо на телефоны, и никто не ответил; эта организация такие звонки не учитывает."
            case .internalRecorded: "Оба собеседника на этой АТС; эта организация учитывает внутренние звонки."
            case .internalMissed:
                "Звонивший с этой же АТС не дождался ответа; эта организация учитывает внутренние звонки."
            case .unansweredIncoming:
                "Телефон звонил, но на нём не ответили; пропущенный звонок учитывается там, где о нём сообщает очередь или "
                    + "голосовое меню."
            case .unansweredOutgoingUnwanted:
                "На исходящий звонок не ответили; эта организация такие звонки не учитывает."
            case .internalCaller:
                "Номер звонившего принадлежит этой АТС, и внешнего номера за ним нет; эта организация учитывает только "
                    + "звонки с внешними номерами."
            case .internalCalled:
                "Набранный номер принадлежит этой АТС, и внешнего номера за ним нет; эта организация учитывает только "
                    + "звонки с внешними номерами."
            case .internalForward:
                "Переадресация с одного добавочного на другой; эта организация учитывает только звонки с внешними номерами."
            case .callbackLeg: "Это плечо начато через API ради другого разговора того же звонка."
            case .bridged: "На этот звонок ответили с телефона, поэтому он не пропущен."
            case .missedElsewhere:
                "Этот же звонок пропущен в более поздней очереди или в очереди после меню; он учтён там."
            case .noVerdict: "Голосовое меню или очередь не сообщили, что никто не ответил."
            case .monitoredWithoutHangup: "У голосовых меню и очередей учитывается только завершение звонка."
            case .notAssembled: "События этого типа хранятся, но звонка не образуют."
            case .extensionNotAssembled: "Звонки добавочных этого вида не учитываются."
            case .waitingForHangup: "Звонок ещё не завершён."
            case .stale: "О завершении звонка так и не сообщили; он будет учтён, как только сообщат."
            case .waitingForGrace: "Звонок только что завершён; ожидаются сообщения других добавочных."
            }
        }
    }
}
