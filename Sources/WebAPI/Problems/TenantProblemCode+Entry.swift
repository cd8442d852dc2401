import Storage

extension Problem.Code {
    /// The texts of a tenant's problem without its numbers.
    var entry: ProblemEntry {
        switch self {
        case .eventLimitReached:
            ProblemEntry(
                LocalizedText(ru: "Лимит событий добавочного исчерпан", en: "Event limit of the extension reached"),
                meaning: LocalizedText(
                    ru: "На добавочном АТС не хватает свободных мест для событий, поэтому подписка не создана.",
                    en: "The extension has too few free event slots on the PBX, so the subscription was not made."
                ),
                remedy: LocalizedText(
                    ru:
                        "Удалите неиспользуемые события на этом добавочном, или попросите администратора АТС увеличить лимит.",
                    en: "Delete unused events on this extension, or ask the PBX administrator to raise the limit."
                )
            )
        case .credentialsRejected:
            ProblemEntry(
                LocalizedText(ru: "АТС не приняла ключи приложения", en: "The PBX rejected the credentials"),
                meaning: LocalizedText(
                    ru: "АТС не выдаёт доступ по заданным app_id и app_secret.",
                    en: "The PBX gives no access for the app_id and app_secret that are set."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте app_id и app_secret приложения на АТС и задайте их заново.",
                    en: "Check the application's app_id and app_secret on the PBX, and set them again."
                )
            )
        case .accessDenied:
            ProblemEntry(
                LocalizedText(ru: "АТС отказала в доступе", en: "The PBX denied access"),
                meaning: LocalizedText(
                    ru: "Приложению не хватает прав на АТС, чтобы читать добавочные или управлять событиями.",
                    en: "The application lacks the right to read extensions or to manage events on the PBX."
                ),
                remedy: LocalizedText(
                    ru: "Дайте приложению права на добавочные и события, или проверьте client_id.",
                    en: "Give the application the rights on extensions and events, or check the client_id."
                )
            )
        case .extensionGone:
            ProblemEntry(
                LocalizedText(ru: "Добавочного больше нет на АТС", en: "The extension is gone from the PBX"),
                meaning: LocalizedText(
                    ru: "Добавочный назначен, но АТС его больше не знает.",
                    en: "The extension is mapped, but the PBX no longer has it."
                ),
                remedy: LocalizedText(
                    ru: "Уберите его из соответствий, или восстановите на АТС.",
                    en: "Remove it from the mappings, or restore it on the PBX."
                )
            )
        case .rateLimited:
            ProblemEntry(
                LocalizedText(ru: "Исчерпан запас запросов к АТС", en: "The PBX's request budget is used up"),
                meaning: LocalizedText(
                    ru: "АТС ограничивает число запросов в час; работа продолжится сама, когда запас восстановится.",
                    en: "The PBX limits requests an hour; work goes on by itself when the budget is restored."
                ),
                remedy: LocalizedText(
                    ru:
                        "Подождите. Если это повторяется, сократите запросы других приложений или увеличьте лимит на АТС.",
                    en: "Wait. If it repeats, reduce other applications' requests or raise the limit on the PBX."
                )
            )
        case .pbxUnreachable:
            ProblemEntry(
                LocalizedText(ru: "АТС недоступна", en: "The PBX is unreachable"),
                meaning: LocalizedText(
                    ru: "АТС не отвечает или отвечает ошибкой; попытки повторяются.",
                    en: "The PBX does not answer, or answers with errors; the attempts are repeated."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте адрес АТС и сеть между сервером и АТС.",
                    en: "Check the PBX's URL and the network between the server and the PBX."
                )
            )
        case .eventTypeRefused:
            ProblemEntry(
                LocalizedText(ru: "АТС не принимает тип события", en: "The PBX refuses an event type"),
                meaning: LocalizedText(
                    ru: "АТС не разрешает нужный тип события для этого добавочного.",
                    en: "The PBX does not allow a wanted event type for this extension."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте тип добавочного на АТС и обновите список добавочных.",
                    en: "Check the type of the extension on the PBX, and refresh the list of extensions."
                )
            )
        case .staleLeg, .silentExtension, .quarantinedEvents: self.eventEntry
        }
    }

    private var eventEntry: ProblemEntry {
        switch self {
        case .staleLeg:
            ProblemEntry(
                LocalizedText(ru: "Звонок без завершения", en: "A call without an end"),
                meaning: LocalizedText(
                    ru: "О завершении разговора давно не сообщают; запись появится, когда придёт событие hangup.",
                    en: "The end of a call has not been reported for long; its record appears when it is."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте, что событие hangup настроено на добавочном и АТС достигает сервера.",
                    en: "Check that the extension has its hangup event and that the PBX reaches the server."
                )
            )
        case .silentExtension:
            ProblemEntry(
                LocalizedText(ru: "Добавочный молчит", en: "A silent extension"),
                meaning: LocalizedText(
                    ru: "От подписанного добавочного давно нет событий.",
                    en: "A subscribed extension has sent no events for long."
                ),
                remedy: LocalizedText(
                    ru:
                        "Проверьте, что АТС достигает публичного адреса сервера: имя в DNS, сетевой экран, сертификат и прокси.",
                    en: "Check that the PBX reaches the server's public URL: DNS, firewall, certificate and proxy."
                )
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Есть неразобранные события", en: "Events that were not understood"),
                meaning: LocalizedText(
                    ru: "Часть событий сохранена без разбора: в них нет CallID, или они повреждены.",
                    en: "Some events are stored unprocessed: they have no CallID, or are damaged."
                ),
                remedy: LocalizedText(
                    ru:
                        "Проверьте, кто отправляет эти запросы на адреса событий; само событие показывает explain?event_id=….",
                    en: "Check who sends these requests to the event URLs; explain?event_id=… shows such an event."
                )
            )
        }
    }
}
