package import Telephony

extension QuarantineReason {
    /// Why the event was not understood and what to do, for people.
    package func text(in language: Language) -> String {
        switch (self, language) {
        case (.noCallID, .ru):
            "В событии нет CallID (или он длиннее 200 знаков), поэтому его нельзя отнести к звонку. Проверьте, кто отправляет "
                + "такие запросы на адрес событий этого добавочного: АТС всегда передаёт CallID."
        case (.noCallID, .en):
            "The event has no CallID (or one longer than 200 characters), so it belongs to no call. Check who sends such "
                + "requests to this extension's event URL: the PBX always sends a CallID."
        case (.undecodable, .ru):
            "Поля события содержат нулевые байты и не могут быть сохранены как текст. Проверьте, что отправляет такие запросы: "
                + "это не событие АТС, или оно повреждено в пути."
        case (.undecodable, .en):
            "The event's fields hold NUL bytes and cannot be stored as text. Check what sends such requests: it is no event of "
                + "the PBX, or was damaged on its way."
        case (.refusedByDatabase, .ru):
            "База данных не приняла поля события, оно сохранено как пришло. Сообщите о нём разработчикам сервера: событие не "
                + "потеряно."
        case (.refusedByDatabase, .en):
            "The database did not take the event's fields; it is kept as it came. Report it to the server's developers: the "
                + "event is not lost."
        }
    }
}
