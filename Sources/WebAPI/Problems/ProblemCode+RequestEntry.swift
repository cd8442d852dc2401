extension ProblemCode {
    /// Texts of what a request as a whole can be refused for.
    var requestEntry: ProblemEntry {
        switch self {
        case .unauthorized:
            ProblemEntry(
                LocalizedText(ru: "Нет действующего ключа API", en: "No valid API key"),
                meaning: LocalizedText(
                    ru: "Ключ API не передан, неизвестен, отозван или истёк.",
                    en: "The API key is missing, unknown, revoked or expired."
                ),
                remedy: LocalizedText(
                    ru: "Передайте действующий ключ в заголовке Authorization: Bearer <ключ>.",
                    en: "Send a valid key in the header Authorization: Bearer <key>."
                )
            )
        case .forbidden:
            ProblemEntry(
                LocalizedText(ru: "Недостаточно прав", en: "Not allowed"),
                meaning: LocalizedText(
                    ru: "Роль этого ключа API не допускает такой запрос.",
                    en: "The role of this API key does not allow this request."
                ),
                remedy: LocalizedText(
                    ru: "Используйте ключ с подходящей ролью: operator, admin или connector.",
                    en: "Use a key with the right role: operator, admin or connector."
                )
            )
        case .notFound:
            ProblemEntry(
                LocalizedText(ru: "Не найдено", en: "Not found"),
                meaning: LocalizedText(
                    ru: "По этому адресу ничего нет.",
                    en: "There is nothing at this address."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте адрес и то, что ключ относится к нужному клиенту.",
                    en: "Check the address, and that the key belongs to the right tenant."
                )
            )
        case .methodNotAllowed:
            ProblemEntry(
                LocalizedText(ru: "Метод не поддерживается", en: "Method not allowed"),
                meaning: LocalizedText(
                    ru: "Этот адрес не принимает запросов с таким методом.",
                    en: "This address does not take requests of this method."
                ),
                remedy: LocalizedText(
                    ru: "Используйте один из методов, перечисленных в заголовке Allow.",
                    en: "Use one of the methods in the header Allow."
                )
            )
        case .notAcceptable:
            ProblemEntry(
                LocalizedText(ru: "Нет такого представления", en: "Not acceptable"),
                meaning: LocalizedText(
                    ru: "Ответ не может быть дан в форме, которой требует заголовок Accept.",
                    en: "The answer cannot be given in a form that the header Accept asks for."
                ),
                remedy: LocalizedText(
                    ru: "Уберите заголовок Accept или передайте application/json.",
                    en: "Leave out the header Accept, or send application/json."
                )
            )
        case .unsupportedMediaType:
            ProblemEntry(
                LocalizedText(ru: "Тип содержимого не поддерживается", en: "Unsupported media type"),
                meaning: LocalizedText(
                    ru: "Тело запроса должно быть в формате JSON.",
                    en: "The body of the request must be JSON."
                ),
                remedy: LocalizedText(
                    ru: "Передайте заголовок Content-Type: application/json.",
                    en: "Send the header Content-Type: application/json."
                )
            )
        case .bodyTooLarge:
            ProblemEntry(
                LocalizedText(ru: "Тело запроса слишком велико", en: "Body too large"),
                meaning: LocalizedText(
                    ru: "Тело запроса больше, чем принимает этот адрес.",
                    en: "The body of the request is larger than this address takes."
                ),
                remedy: LocalizedText(ru: "Уменьшите тело запроса.", en: "Send a smaller body.")
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Строка запроса слишком длинна", en: "Query too long"),
                meaning: LocalizedText(
                    ru: "Параметры в адресе длиннее 16 КиБ.",
                    en: "The query of the address is longer than 16 KiB."
                ),
                remedy: LocalizedText(
                    ru: "Передайте данные в теле запроса POST.",
                    en: "Send the data in the body of a POST."
                )
            )
        }
    }

    /// Texts of what the content of a body can be refused for.
    var contentEntry: ProblemEntry {
        switch self {
        case .userUnknown:
            ProblemEntry(
                LocalizedText(ru: "Пользователь неизвестен", en: "User unknown"),
                meaning: LocalizedText(
                    ru: "Такого пользователя у клиента нет.",
                    en: "The tenant has no such user."
                ),
                remedy: LocalizedText(
                    ru: "Сначала создайте пользователя запросом PUT …/users/{user_id}.",
                    en: "Create the user first, by PUT …/users/{user_id}."
                )
            )
        case .userRequired:
            ProblemEntry(
                LocalizedText(ru: "Нужен пользователь", en: "User required"),
                meaning: LocalizedText(
                    ru:
                        "Телефон всегда принадлежит пользователю; без пользователя можно указать только IVR или очередь.",
                    en: "A phone belongs to a user; only an IVR or a queue can be mapped without one."
                ),
                remedy: LocalizedText(ru: "Укажите user_id.", en: "Give a user_id.")
            )
        case .extensionUnknown:
            ProblemEntry(
                LocalizedText(ru: "Добавочный неизвестен", en: "Extension unknown"),
                meaning: LocalizedText(
                    ru: "В последнем списке добавочных АТС такого добавочного нет.",
                    en: "The PBX's last list of extensions does not have this extension."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте extension_id; новый добавочный появится после GET …/extensions?refresh=true.",
                    en: "Check the extension_id; a new extension appears after GET …/extensions?refresh=true."
                )
            )
        case .extensionTypeUnsupported:
            ProblemEntry(
                LocalizedText(ru: "Тип добавочного не поддерживается", en: "Extension type unsupported"),
                meaning: LocalizedText(
                    ru: "Подписка возможна только для телефона (phone), IVR (ivr) и очереди (queue).",
                    en: "Only a phone, an IVR or a queue can be subscribed."
                ),
                remedy: LocalizedText(ru: "Уберите этот добавочный из набора.", en: "Leave this extension out.")
            )
        case .duplicateExtension:
            ProblemEntry(
                LocalizedText(ru: "Добавочный указан дважды", en: "Duplicate extension"),
                meaning: LocalizedText(
                    ru: "У добавочного может быть только одно соответствие.",
                    en: "An extension has at most one mapping."
                ),
                remedy: LocalizedText(ru: "Оставьте одну запись на добавочный.", en: "Keep one entry an extension.")
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Данные не приняты", en: "Validation failed"),
                meaning: LocalizedText(
                    ru: "В теле запроса есть недопустимые значения; они перечислены в errors.",
                    en: "The body of the request has values that are not allowed; they are listed in errors."
                ),
                remedy: LocalizedText(
                    ru: "Исправьте значения по указателям pointer из errors и повторите запрос.",
                    en: "Correct the values that the pointers in errors name, and repeat the request."
                )
            )
        }
    }
}
