extension ProblemCode {
    /// The texts of the code.
    var entry: ProblemEntry {
        switch self {
        case .badRequest, .malformedJSON, .invalidParameter, .unknownParameter, .invalidCursor: self.syntaxEntry
        case .unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable, .unsupportedMediaType,
            .bodyTooLarge, .queryTooLong:
            self.requestEntry
        case .conflict, .tenantSuspended, .tenantRemoving, .extensionNotMapped, .preconditionFailed,
            .preconditionRequired, .cursorExpired, .idempotencyKeyReused, .requestInProgress:
            self.stateEntry
        case .validationFailed, .userUnknown, .userRequired, .extensionUnknown, .extensionTypeUnsupported,
            .duplicateExtension:
            self.contentEntry
        case .recordingAbsent, .recordingGone, .pbxUnavailable: self.recordingEntry
        case .tooManyRequests, .internalError, .databaseUnavailable, .overloaded, .noAnswerInTime, .shuttingDown:
            self.serverEntry
        }
    }

    private var syntaxEntry: ProblemEntry {
        switch self {
        case .malformedJSON:
            ProblemEntry(
                LocalizedText(ru: "Некорректный JSON", en: "Malformed JSON"),
                meaning: LocalizedText(
                    ru: "Тело запроса не является документом JSON в кодировке UTF-8.",
                    en: "The body of the request is not a JSON document in UTF-8."
                ),
                remedy: LocalizedText(
                    ru: "Проверьте тело запроса: один документ JSON, без повторяющихся полей в объекте.",
                    en: "Check the body: one JSON document, no member twice in an object."
                )
            )
        case .invalidParameter:
            ProblemEntry(
                LocalizedText(ru: "Недопустимый параметр", en: "Invalid parameter"),
                meaning: LocalizedText(
                    ru: "Значение параметра запроса или части пути не удалось разобрать.",
                    en: "The value of a query parameter or of a part of the path could not be read."
                ),
                remedy: LocalizedText(
                    ru: "Исправьте параметры, перечисленные в errors. Плюс в значении пишется как %2B.",
                    en: "Correct the parameters listed in errors. Write a plus inside a value as %2B."
                )
            )
        case .unknownParameter:
            ProblemEntry(
                LocalizedText(ru: "Неизвестный параметр", en: "Unknown parameter"),
                meaning: LocalizedText(
                    ru: "У этого ресурса нет такого параметра запроса.",
                    en: "This resource has no such query parameter."
                ),
                remedy: LocalizedText(
                    ru: "Уберите параметры, перечисленные в errors, или исправьте их имена.",
                    en: "Leave out the parameters listed in errors, or correct their names."
                )
            )
        case .invalidCursor:
            ProblemEntry(
                LocalizedText(ru: "Недопустимый курсор", en: "Invalid cursor"),
                meaning: LocalizedText(
                    ru: "Значение cursor не выдавалось этим ресурсом.",
                    en: "The value of cursor was not given out by this resource."
                ),
                remedy: LocalizedText(
                    ru: "Передавайте next_cursor без изменений, или начните чтение без курсора.",
                    en: "Pass next_cursor on unchanged, or begin without a cursor."
                )
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Некорректный запрос", en: "Bad request"),
                meaning: LocalizedText(ru: "Запрос не удалось разобрать.", en: "The request could not be understood."),
                remedy: LocalizedText(
                    ru: "Сверьте запрос с описанием API.",
                    en: "Compare the request with the description of the API."
                )
            )
        }
    }

    private var stateEntry: ProblemEntry {
        switch self {
        case .tenantSuspended:
            ProblemEntry(
                LocalizedText(ru: "Клиент приостановлен", en: "Tenant suspended"),
                meaning: LocalizedText(
                    ru: "Обслуживание клиента приостановлено оператором; изменения не принимаются, чтение работает.",
                    en: "The operator has suspended this tenant: changes are refused, reading works."
                ),
                remedy: LocalizedText(
                    ru: "Попросите оператора вернуть клиенту статус active.",
                    en: "Ask the operator to set the tenant's status to active."
                )
            )
        case .tenantRemoving:
            ProblemEntry(
                LocalizedText(ru: "Клиент удаляется", en: "Tenant is being removed"),
                meaning: LocalizedText(
                    ru: "Клиент удаляется; изменить его уже нельзя.",
                    en: "The tenant is being removed and can no longer be changed."
                ),
                remedy: LocalizedText(
                    ru:
                        "Дождитесь конца удаления и создайте клиента заново. Если АТС не отвечает или не принимает ключи, удалите его с force=true.",
                    en:
                        "Wait until the removal has ended, then create the tenant again. If the PBX is away or rejects the credentials, delete it with force=true."
                )
            )
        case .extensionNotMapped:
            ProblemEntry(
                LocalizedText(ru: "Добавочный не назначен", en: "Extension not mapped"),
                meaning: LocalizedText(
                    ru: "У добавочного нет соответствия, поэтому нет и адреса событий.",
                    en: "The extension has no mapping, and therefore no event URL."
                ),
                remedy: LocalizedText(
                    ru: "Сначала назначьте добавочный.",
                    en: "Map the extension first."
                )
            )
        case .preconditionFailed:
            ProblemEntry(
                LocalizedText(ru: "Данные изменились", en: "Precondition failed"),
                meaning: LocalizedText(
                    ru: "С тех пор, как вы прочитали данные, их изменил кто-то другой: If-Match устарел.",
                    en: "Somebody has changed the data since you read it: If-Match is stale."
                ),
                remedy: LocalizedText(
                    ru: "Прочитайте данные снова, внесите изменение и отправьте его с новым ETag.",
                    en: "Read the data again, apply your change and send it with the new ETag."
                )
            )
        case .preconditionRequired:
            ProblemEntry(
                LocalizedText(ru: "Нужен заголовок If-Match", en: "If-Match is required"),
                meaning: LocalizedText(
                    ru: "Эта запись заменяет весь набор, поэтому требует If-Match с прочитанным ETag.",
                    en: "This write replaces the whole set and therefore needs If-Match with the ETag you have read."
                ),
                remedy: LocalizedText(
                    ru: "Прочитайте набор запросом GET и передайте его ETag в If-Match.",
                    en: "Read the set by GET and pass its ETag in If-Match."
                )
            )
        case .idempotencyKeyReused:
            ProblemEntry(
                LocalizedText(ru: "Idempotency-Key уже использован", en: "Idempotency-Key already used"),
                meaning: LocalizedText(
                    ru: "С этим Idempotency-Key уже пришёл другой запрос; этот не выполнен.",
                    en: "Another request came with this Idempotency-Key; this one was not made."
                ),
                remedy: LocalizedText(
                    ru: "Дайте новому запросу новый ключ; прежний повторяют только с тем же запросом без изменений.",
                    en: "Give a new request a new key; repeat the same key only with the same request, unchanged."
                )
            )
        case .requestInProgress:
            ProblemEntry(
                LocalizedText(ru: "Запрос ещё выполняется", en: "Request in progress"),
                meaning: LocalizedText(
                    ru: "Такой же запрос с этим Idempotency-Key ещё выполняется.",
                    en: "The same request with this Idempotency-Key is still being made."
                ),
                remedy: LocalizedText(
                    ru: "Повторите после времени, указанного в Retry-After: придёт ответ первого запроса.",
                    en: "Repeat after the time in Retry-After: you get the answer of the first."
                )
            )
        case .cursorExpired:
            ProblemEntry(
                LocalizedText(ru: "Курсор устарел", en: "Cursor expired"),
                meaning: LocalizedText(
                    ru: """
                        Срок хранения звонков истёк раньше, чем вы прочитали все изменения: часть их удалена. Начните с \
                        пустой копии: прочитайте GET /v1/calls/changes?from=beginning до конца, или выгрузку GET /v1/calls \
                        (Accept: application/x-ndjson) и затем изменения с курсора из её заголовка X-Feed-Cursor.
                        """,
                    en: """
                        Retention has removed changes that you have not read yet. Begin with an empty copy: read \
                        GET /v1/calls/changes?from=beginning to its end, or an export, GET /v1/calls with \
                        Accept: application/x-ndjson, and then the changes from the cursor in its header X-Feed-Cursor.
                        """
                ),
                remedy: LocalizedText(
                    ru: """
                        Очистите копию и прочитайте всё заново, как описано выше; затем читайте изменения чаще, чем истекает \
                        срок хранения звонков.
                        """,
                    en: """
                        Empty your copy and read everything anew as described above; then read the changes more often than \
                        the retention of calls runs out.
                        """
                )
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Конфликт", en: "Conflict"),
                meaning: LocalizedText(
                    ru: "Данные одновременно меняет другой запрос.",
                    en: "Another request is changing the same data."
                ),
                remedy: LocalizedText(ru: "Повторите запрос.", en: "Repeat the request.")
            )
        }
    }

    private var serverEntry: ProblemEntry {
        switch self {
        case .tooManyRequests:
            ProblemEntry(
                LocalizedText(ru: "Слишком много запросов", en: "Too many requests"),
                meaning: LocalizedText(
                    ru:
                        "С этого адреса приходит слишком много запросов с неизвестными адресами событий или без действующего ключа API.",
                    en: "Too many requests for unknown event URLs or without a valid API key come from this address."
                ),
                remedy: LocalizedText(
                    ru:
                        "Повторите после времени, указанного в Retry-After; проверьте адреса событий на АТС и ключ API: запросы с действующим ключом принимаются и сейчас.",
                    en:
                        "Repeat after the time in Retry-After; check the event URLs on the PBX and the API key: requests with a valid key are taken also now."
                )
            )
        case .databaseUnavailable:
            ProblemEntry(
                LocalizedText(ru: "База данных недоступна", en: "Database unavailable"),
                meaning: LocalizedText(
                    ru: "Сервер сейчас не может связаться со своей базой данных; ничего не потеряно и не изменено.",
                    en: "The server cannot reach its database at the moment; nothing was changed."
                ),
                remedy: LocalizedText(
                    ru: "Повторите запрос после времени, указанного в Retry-After.",
                    en: "Repeat the request after the time in Retry-After."
                )
            )
        case .overloaded:
            ProblemEntry(
                LocalizedText(ru: "Сервер перегружен", en: "Server overloaded"),
                meaning: LocalizedText(
                    ru: "Сервер делает уже столько, сколько может одновременно; этот запрос не принят.",
                    en: "The server does as much at once as it can; this request was not accepted."
                ),
                remedy: LocalizedText(
                    ru: "Повторите запрос после времени, указанного в Retry-After.",
                    en: "Repeat the request after the time in Retry-After."
                )
            )
        case .noAnswerInTime:
            ProblemEntry(
                LocalizedText(ru: "Ответ не получен вовремя", en: "No answer in time"),
                meaning: LocalizedText(
                    ru: "Опрос АТС не закончился за отведённое время; ничего не изменено.",
                    en: "Asking the PBX did not end within the time given; nothing was changed."
                ),
                remedy: LocalizedText(
                    ru: "Повторите, дав больше времени (Prefer: wait=60), и проверьте, что рабочие процессы запущены.",
                    en: "Repeat with more time, for example Prefer: wait=60, and check that the workers run."
                )
            )
        case .shuttingDown:
            ProblemEntry(
                LocalizedText(ru: "Сервер останавливается", en: "Server is shutting down"),
                meaning: LocalizedText(
                    ru: "Этот процесс завершает работу и больше не принимает запросы.",
                    en: "This process is ending and accepts no more requests."
                ),
                remedy: LocalizedText(
                    ru: "Повторите запрос после времени, указанного в Retry-After.",
                    en: "Repeat the request after the time in Retry-After."
                )
            )
        default:
            ProblemEntry(
                LocalizedText(ru: "Внутренняя ошибка", en: "Internal error"),
                meaning: LocalizedText(
                    ru: "Сервер не справился с запросом; подробности в его журнале под этим request_id.",
                    en: "The server failed to handle the request; its log has the details under this request_id."
                ),
                remedy: LocalizedText(
                    ru: "Повторите запрос. Если ошибка останется, сообщите request_id оператору сервера.",
                    en: "Repeat the request. If the error stays, tell the operator of the server the request_id."
                )
            )
        }
    }
}
