import Postgres
import Storage
import Telephony

extension OpenedProblem {
    /// Its place in the list, which is ordered by it as text.
    var position: String {
        let since = String(self.since.microseconds)
        let id = String(self.extensionID?.rawValue ?? 0)
        func padded(_ number: String) -> String {
            String(repeating: "0", count: max(0, 19 - number.utf8.count)) + number
        }
        return "\(padded(since))/\(self.problem.code.rawValue)/\(padded(id))"
    }

    /// The problem as `GET …/problems` and a mapping write's answer show it.
    ///
    /// - Throws: ``JSONParser/Malformed`` when its data cannot be read.
    func json(in language: Language) throws -> JSONValue {
        try self.problem.json(of: self.extensionID, named: self.extensionName, since: self.since, in: language)
    }
}

extension Storage.Problem {
    /// The problem as people read it.
    ///
    /// `extensionID`: nil when the whole tenant is concerned.
    /// `name`: what people call the extension, `2566*102`; nil when that is not known.
    /// `since`: nil when it is only foreseen.
    /// - Throws: ``JSONParser/Malformed`` when its data cannot be read.
    func json(
        of extensionID: ExtensionID?,
        named name: String?,
        since: Timestamp?,
        in language: Language
    ) throws -> JSONValue {
        let data = try JSONParser.parse(self.data.bytes)
        return [
            "code": .string(self.code.rawValue),
            "extension_id": JSONValue(extensionID?.rawValue),
            "title": .string(self.code.entry.title[language]),
            "detail": .string(self.detail(data, of: ProblemPlace(id: extensionID, name: name))[language]),
            "since": JSONValue(since),
            "data": data,
        ]
    }

    private func detail(_ data: JSONValue, of place: ProblemPlace) -> LocalizedText {
        let entry = self.code.entry
        let text: LocalizedText? =
            switch self.code {
            case .eventLimitReached: LimitNumbers(data)?.text(of: place)
            case .staleLeg: StaleLegNumbers(data)?.text(of: place, remedy: entry.remedy)
            case .silentExtension: SilenceNumbers(data)?.text(of: place, remedy: entry.remedy)
            case .quarantinedEvents: QuarantineNumbers(data)?.text(of: place, remedy: entry.remedy)
            default: nil
            }
        return text ?? entry.advice
    }
}

/// The numbers of an exhausted event limit, as the reconcile run left them.
private struct LimitNumbers {
    var limit: Int64
    var used: Int64
    var ours: Int64
    var needed: Int64
    var free: Int64
    var foreignHosts: [(host: String, count: Int64)]

    init?(_ data: JSONValue) {
        guard let limit = data["limit"]?.integer, let used = data["used"]?.integer, let ours = data["ours"]?.integer,
            let needed = data["needed"]?.integer, let free = data["free"]?.integer
        else { return nil }
        (self.limit, self.used, self.ours, self.needed, self.free) = (limit, used, ours, needed, free)
        self.foreignHosts = (data["foreign_hosts"]?.members ?? [])
            .map { ($0.name, $0.value.integer ?? 0) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    func text(of place: ProblemPlace) -> LocalizedText {
        let hosts = self.foreignHosts.map { "\($0.host): \($0.count)" }.joined(separator: ", ")
        let ru =
            "На добавочном\(place) занято \(self.used) из \(self.limit) событий (наших \(self.ours)), свободно "
            + "\(self.free), нужно ещё \(self.needed). "
            + (hosts.isEmpty ? "" : "Чужие события по адресам: \(hosts). ")
            + "Выхода два: удалить неиспользуемые события на этом добавочном, "
            + "или попросить администратора АТС увеличить лимит."
        let en =
            "Extension\(place) uses \(self.used) of \(self.limit) events (\(self.ours) of them ours), \(self.free) are "
            + "free, \(self.needed) more are needed. "
            + (hosts.isEmpty ? "" : "Others' events by host: \(hosts). ")
            + "Two ways out: delete unused events on this extension, or ask the PBX administrator to raise the limit."
        return LocalizedText(ru: ru, en: en)
    }
}

/// What follows the word "extension" in a problem's text: the name that people know, and the number that the API uses.
struct ProblemPlace: CustomStringConvertible {
    var id: ExtensionID?
    var name: String?

    /// With a space before it; empty when no single extension is concerned.
    var description: String {
        guard let id = self.id else { return "" }
        return self.name.map { " \($0) (\(id))" } ?? " \(id)"
    }
}
