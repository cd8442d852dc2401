import Foundation
import Storage
import Telephony

extension Explanation {
    /// The explanation as text for people: the events as a table, then what became of each leg.
    func report(in language: Language) -> String {
        let words = Words(language)
        var lines: [String] = []
        if let callID = self.callID {
            lines += ["CallID \(callID)", ""]
        }
        lines.append("\(words.events):")
        lines += self.eventLines(language, words)
        if self.callID != nil {
            lines += ["", "\(words.legs):"]
            lines += self.legs.isEmpty ? ["  -"] : self.legs.flatMap { $0.lines(in: language, words) }
            lines += [
                "", "\(words.calls): \(Self.list(self.calls))", "\(words.withdrawn): \(Self.list(self.withdrawn))",
            ]
        }
        if let instant = self.nextLookAt {
            lines.append("\(words.nextLook): \(instant.rfc3339)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func eventLines(_ language: Language, _ words: Words) -> [String] {
        guard !self.events.isEmpty else { return ["  \(words.noEvents)"] }
        let names = Dictionary(
            self.legs.map { ($0.extensionRef.id, $0.extensionRef.name) },
            uniquingKeysWith: { first, _ in first }
        )
        let rows = self.events.map { event in
            [
                event.understood.eventTime.rfc3339, names[event.extensionID] ?? "\(event.extensionID)",
                event.understood.eventType.rawValue.isEmpty ? "-" : event.understood.eventType.rawValue,
                event.understood.subCallID ?? "-",
            ].map(\.onOneLine)
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return zip(self.events, rows).flatMap { event, row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var lines = ["  " + (cells + [event.details(words)]).joined(separator: "  ").trimmedAtEnd]
            if let quarantine = event.quarantine {
                lines.append("    \(quarantine.reason.rawValue): \(quarantine.reason.text(in: language))")
                lines +=
                    quarantine.raw.map { ["    \($0.encoding.rawValue), \($0.byteCount) B: \($0.text.onOneLine)"] }
                    ?? []
            }
            return lines
        }
    }

    private static func list(_ ids: [UUID]) -> String {
        ids.isEmpty ? "-" : ids.map { $0.uuidString.lowercased() }.joined(separator: ", ")
    }
}

extension Explanation.Event {
    /// The fields that tell something, without those that the columns show.
    fileprivate func details(_ words: Words) -> String {
        let hidden: Set<String> = ["callid", "subcallid", "eventtype", "eventtime"]
        var parts = (self.fields?.pairs ?? []).filter { !hidden.contains($0.name.lowercased()) }
            .map { "\($0.name)=\($0.value)".onOneLine }
        if self.repeats > 0 {
            parts.append("(\(words.repeated) \(self.repeats))")
        }
        return parts.joined(separator: " ")
    }
}

extension Explanation.Leg {
    fileprivate func lines(in language: Language, _ words: Words) -> [String] {
        let name = self.extensionRef.name.isEmpty ? "\(self.extensionRef.id)" : self.extensionRef.name
        var heading = "  \(name) (\(self.extensionRef.type)) \(self.subCallID ?? "-"): \(words.outcome(self.outcome)), "
        heading += "\(words.rule) \(self.rule)"
        heading += self.setting.map { ", \(words.setting) \($0)" } ?? ""
        heading += self.id.map { ", \($0.uuidString.lowercased())" } ?? ""
        return [heading, "    \(self.reason.text(in: language))"]
    }

    private var setting: String? { self.reason.setting }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { self.generalCategory == .control || self.generalCategory == .format }
}

extension String {
    /// Without characters that would break the line or command a terminal: what the PBX sent is not ours.
    fileprivate var onOneLine: String {
        String(String.UnicodeScalarView(self.unicodeScalars.map { $0.properties.isControl ? " " : $0 }))
    }

    fileprivate var trimmedAtEnd: String {
        String(self.reversed().drop { $0 == " " }.reversed())
    }
}

/// The fixed words of a report.
private struct Words {
    var events = "Events"
    var noEvents = "no events are stored"
    var legs = "Legs"
    var calls = "Calls"
    var withdrawn = "Withdrawn"
    var nextLook = "Looked at again"
    var repeated = "repeated"
    var rule = "rule"
    var setting = "setting"
    var outcomes: [Explanation.Leg.Outcome: String] = [.record: "record", .dropped: "no record", .open: "open"]

    init(_ language: Language) {
        guard language == .ru else { return }
        self.events = "События"
        self.noEvents = "событий не хранится"
        self.legs = "Плечи"
        self.calls = "Звонки"
        self.withdrawn = "Отозваны"
        self.nextLook = "Следующая проверка"
        self.repeated = "повторов:"
        self.rule = "правило"
        self.setting = "настройка"
        self.outcomes = [.record: "запись", .dropped: "записи нет", .open: "не решено"]
    }

    func outcome(_ outcome: Explanation.Leg.Outcome) -> String {
        self.outcomes[outcome] ?? outcome.rawValue
    }
}
