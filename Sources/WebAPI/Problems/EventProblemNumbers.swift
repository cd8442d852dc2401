import Storage
import Telephony

/// The numbers of the legs of an extension whose end was not reported.
struct StaleLegNumbers {
    private var count: Int64
    private var oldest: String
    private var callIDs: [String]

    /// Nil when the data are not such numbers.
    init?(_ data: JSONValue) {
        guard let count = data["count"]?.integer, let oldest = data["oldest"]?.text else { return nil }
        self.count = count
        self.oldest = oldest
        self.callIDs = data["call_ids"]?.elements?.compactMap(\.text) ?? []
    }

    func text(of place: ProblemPlace, remedy: LocalizedText) -> LocalizedText {
        let latest = self.callIDs.first ?? ""
        return LocalizedText(
            ru:
                "Добавочный\(place): за последние 7 дней разговоров, о завершении которых не сообщено: \(self.count); самый "
                + "ранний начался \(self.oldest), последний CallID \(latest). Записи появятся, когда придут события hangup. "
                + remedy.ru,
            en:
                "Extension\(place): the end of \(self.count) call(s) of the last 7 days was not reported; the oldest began "
                + "\(self.oldest), the latest has the CallID \(latest). Their records appear when the hangup events come. "
                + remedy.en
        )
    }
}

/// The numbers of an extension that sends nothing although the PBX has calls of it.
struct SilenceNumbers {
    private var calls: Int64
    private var lastCallAt: String
    private var lastEventAt: String?

    /// Nil when the data are not such numbers.
    init?(_ data: JSONValue) {
        guard let calls = data["calls"]?.integer, let lastCallAt = data["last_call_at"]?.text else { return nil }
        self.calls = calls
        self.lastCallAt = lastCallAt
        self.lastEventAt = data["last_event_at"]?.text
    }

    func text(of place: ProblemPlace, remedy: LocalizedText) -> LocalizedText {
        let ru = self.lastEventAt.map { "последнее событие пришло \($0)" } ?? "событий от него не было"
        let en = self.lastEventAt.map { "its last event came \($0)" } ?? "it has never sent an event"
        return LocalizedText(
            ru:
                "Добавочный\(place): подписка в порядке, но \(ru), а в истории АТС за сутки его звонков: \(self.calls), "
                + "последний закончился \(self.lastCallAt). " + remedy.ru,
            en: "Extension\(place): its subscription is right, but \(en), while the PBX's history of the last day has "
                + "\(self.calls) call(s) of it, the latest ended \(self.lastCallAt). " + remedy.en
        )
    }
}

/// The numbers of the events of an extension that were not understood.
struct QuarantineNumbers {
    private var count: Int64
    private var lastAt: String
    private var reasons: [(reason: QuarantineReason, count: Int64)]
    private var eventIDs: [String]

    /// Nil when the data are not such numbers.
    init?(_ data: JSONValue) {
        guard let count = data["count"]?.integer, let lastAt = data["last_at"]?.text else { return nil }
        self.count = count
        self.lastAt = lastAt
        self.reasons = QuarantineReason.allCases.compactMap { reason in
            data["reasons"]?[reason.rawValue]?.integer.map { (reason, $0) }
        }
        self.eventIDs = data["event_ids"]?.elements?.compactMap(\.text) ?? []
    }

    func text(of place: ProblemPlace, remedy: LocalizedText) -> LocalizedText {
        let latest = self.eventIDs.first ?? ""
        func list(_ language: Language) -> String {
            self.reasons.map { "\($0.reason.name[language]): \($0.count)" }.joined(separator: ", ")
        }
        return LocalizedText(
            ru: "Добавочный\(place): за последние 7 дней событий, которые не удалось разобрать: \(self.count) "
                + "(\(list(.ru))); последнее пришло \(self.lastAt), его event_id \(latest). " + remedy.ru,
            en: "Extension\(place): \(self.count) event(s) of the last 7 days were not understood (\(list(.en))); the "
                + "latest came \(self.lastAt), its event_id is \(latest). " + remedy.en
        )
    }
}

extension QuarantineReason {
    /// A few words.
    fileprivate var name: LocalizedText {
        switch self {
        case .noCallID: LocalizedText(ru: "без CallID", en: "without a CallID")
        case .undecodable: LocalizedText(ru: "нечитаемые", en: "unreadable")
        case .refusedByDatabase: LocalizedText(ru: "не принятые базой данных", en: "not taken by the database")
        }
    }
}
