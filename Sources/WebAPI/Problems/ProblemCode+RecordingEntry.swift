extension ProblemCode {
    /// Texts of why there is no recording to listen to.
    var recordingEntry: ProblemEntry {
        switch self {
        case .recordingAbsent:
            ProblemEntry(
                LocalizedText(ru: "Записи разговора нет", en: "No recording"),
                meaning: LocalizedText(
                    ru: "У этого звонка нет записи разговора.",
                    en: "This call has no recording."
                ),
                remedy: LocalizedText(
                    ru:
                        "Запись включается на добавочном АТС. Когда она появится у звонка, он придёт в ленте изменений с полем recording_id.",
                    en:
                        "Recording is turned on at the PBX's extension. When the call gains one, the change feed has the call again, with its recording_id."
                )
            )
        case .recordingGone:
            ProblemEntry(
                LocalizedText(ru: "Запись разговора удалена на АТС", en: "The PBX no longer has the recording"),
                meaning: LocalizedText(
                    ru: "Запись у звонка была, но АТС её больше не хранит.",
                    en: "The call had a recording, but the PBX does not keep it any more."
                ),
                remedy: LocalizedText(
                    ru: "Сохраняйте нужные записи у себя вскоре после звонка: АТС хранит их ограниченное время.",
                    en: "Copy the recordings that you need soon after the call: the PBX keeps them for a limited time."
                )
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "АТС сейчас не отвечает", en: "The PBX cannot be asked now"),
                meaning: LocalizedText(
                    ru:
                        "АТС недоступна, не приняла ключи приложения, или исчерпан её лимит запросов, поэтому спросить её сейчас нельзя.",
                    en:
                        "The PBX is away, does not take the application's credentials, or has no requests left, so it cannot be asked now."
                ),
                remedy: LocalizedText(
                    ru:
                        "Повторите запрос после времени, указанного в Retry-After; если не помогает, проверьте проблемы клиента.",
                    en:
                        "Repeat the request after the time in Retry-After; if that does not help, look at the tenant's problems."
                )
            )
        }
    }
}
