package import Storage
import Telephony

extension CheckFinding {
    /// The finding as the self-test answers it.
    func json(in language: Language) -> JSONValue {
        [
            "check": .string(self.check.rawValue),
            "ok": .bool(self.isGood),
            "detail": .string(self.detail[language]),
            "fix": JSONValue(self.fix?[language]),
        ]
    }

    /// What was found.
    package var detail: LocalizedText {
        switch self.outcome {
        case .good: self.goodDetail
        case .pbxTrouble: self.trouble?.problem.code.entry.meaning ?? LocalizedText(ru: "Ошибка АТС.", en: "PBX error.")
        case .locked:
            LocalizedText(
                ru: "У сервера нет ключа, которым зашифрованы секреты этого клиента.",
                en: "The server lacks the key under which this tenant's secrets are sealed."
            )
        case .noExtension:
            LocalizedText(
                ru: "Нет добавочного, на котором это можно проверить.",
                en: "There is no extension to test this with."
            )
        case .noRoom:
            LocalizedText(
                ru: "На добавочном \(self.name) занято \(self["used"]) из \(self["limit"]) событий, свободно "
                    + "\(self["free"]), а нужно ещё \(self["needed"]).",
                en: "Extension \(self.name) uses \(self["used"]) of \(self["limit"]) events, \(self["free"]) are free, "
                    + "\(self["needed"]) more are needed."
            )
        case .usedUp:
            LocalizedText(
                ru: "Осталось запросов к АТС: \(self["remaining"]) из \(self["limit"]) в час; новый час через "
                    + "\(self["reset_seconds"]) с.",
                en:
                    "\(self["remaining"]) of \(self["limit"]) requests an hour to the PBX are left; the next hour begins "
                    + "in \(self["reset_seconds"]) s."
            )
        case .notEncrypted:
            LocalizedText(
                ru: "Публичный адрес отвечает, но без шифрования: секретные адреса событий идут открытым текстом.",
                en: "The public URL answers, but without encryption: the secret event URLs travel in clear."
            )
        case .foreign:
            LocalizedText(
                ru: "По публичному адресу отвечает не этот сервер (HTTP \(self["status"])).",
                en: "Something else than this server answers at the public URL (HTTP \(self["status"]))."
            )
        case .unreachable:
            LocalizedText(
                ru: "По публичному адресу никто не отвечает.",
                en: "Nobody answers at the public URL."
            )
        case .nothingMapped:
            LocalizedText(
                ru: "Не проверено: ни один добавочный ещё не назначен.",
                en: "Not tested: no extension is mapped yet."
            )
        case .refused:
            LocalizedText(
                ru: "Проверочное событие не принято (HTTP \(self["status"])).",
                en: "The test event was not accepted (HTTP \(self["status"]))."
            )
        case .lost:
            LocalizedText(
                ru: "Проверочное событие принято, но в базе данных его нет.",
                en: "The test event was accepted, but the database does not have it."
            )
        }
    }

    /// What to do; nil when nothing is to be done.
    package var fix: LocalizedText? {
        switch self.outcome {
        case .good: nil
        case .pbxTrouble: self.trouble?.problem.code.entry.remedy
        case .locked:
            LocalizedText(
                ru: "Добавьте этот ключ в MASTER_KEYS и перезапустите сервер; ringbridge doctor называет его.",
                en: "Add the key to MASTER_KEYS and restart the server; ringbridge doctor names it."
            )
        case .noExtension:
            LocalizedText(
                ru: "Создайте добавочный на АТС, или проверьте client_id и права приложения.",
                en: "Create an extension on the PBX, or check the client_id and the application's rights."
            )
        case .noRoom: Problem.Code.eventLimitReached.entry.remedy
        case .usedUp: Problem.Code.rateLimited.entry.remedy
        case .notEncrypted:
            LocalizedText(
                ru: "Поставьте перед сервером прокси с TLS и задайте PUBLIC_URL с https://.",
                en: "Put a proxy with TLS in front of the server, and set PUBLIC_URL to an https:// URL."
            )
        case .foreign, .unreachable:
            LocalizedText(
                ru: "Проверьте PUBLIC_URL, имя в DNS, сетевой экран и прокси перед сервером.",
                en: "Check PUBLIC_URL, its name in the DNS, the firewall, and the proxy in front of the server."
            )
        case .nothingMapped:
            LocalizedText(
                ru: "Назначьте добавочный запросом PUT …/mappings и повторите проверку.",
                en: "Map an extension by PUT …/mappings, and repeat the test."
            )
        case .refused, .lost:
            LocalizedText(
                ru: "Проверьте, что PUBLIC_URL ведёт на этот сервер с этой базой данных, и что прокси пропускает "
                    + "POST на /ext-event/.",
                en: "Check that PUBLIC_URL leads to this server with this database, and that the proxy lets POST to "
                    + "/ext-event/ through."
            )
        }
    }

    private var goodDetail: LocalizedText {
        switch self.check {
        case .credentials:
            LocalizedText(ru: "АТС приняла ключи приложения.", en: "The PBX accepts the credentials.")
        case .client:
            LocalizedText(
                ru: "Клиент АТС: \(self.client ?? "?").",
                en: "Client of the PBX: \(self.client ?? "?")."
            )
        case .extensions:
            LocalizedText(
                ru: "Добавочные прочитаны: \(self.counts).",
                en: "The extensions can be listed: \(self.counts)."
            )
        case .eventList:
            LocalizedText(
                ru: "События добавочного \(self.name) прочитаны: \(self["events"]).",
                en: "The events of extension \(self.name) can be read: \(self["events"])."
            )
        case .limit:
            LocalizedText(
                ru: "Самый занятый добавочный \(self.name): \(self["used"]) из \(self["limit"]) событий.",
                en: "The fullest extension is \(self.name): \(self["used"]) of \(self["limit"]) events."
            )
        case .budget:
            self.numbers["limit"] == nil
                ? LocalizedText(
                    ru: "АТС не сообщает об ограничении запросов.",
                    en: "The PBX says nothing of a request limit."
                )
                : LocalizedText(
                    ru: "Осталось запросов к АТС: \(self["remaining"]) из \(self["limit"]) в час.",
                    en: "\(self["remaining"]) of \(self["limit"]) requests an hour to the PBX are left."
                )
        case .publicURL:
            LocalizedText(ru: "Публичный адрес ведёт на этот сервер.", en: "The public URL leads to this server.")
        case .syntheticEvent:
            LocalizedText(
                ru: "Событие, отправленное на публичный адрес, сохранено.",
                en: "An event sent to the public URL is stored."
            )
        }
    }

    private subscript(name: String) -> String { self.numbers[name].map { String($0) } ?? "—" }

    private var name: String { self.extensionID.map { String($0.rawValue) } ?? "?" }

    private var counts: String {
        self.numbers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
