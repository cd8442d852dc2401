import Storage
import Telephony

/// The body of `PUT /admin/v1/tenants/{tenant}`, checked.
struct TenantDefinition: Sendable {
    var name: String
    var locale: Language
    var timeZone: String
    var status: Tenant.Status
    var pbxURL: String?
    var clientID: String
    var appID: String
    /// Nil: keep the one that is there.
    var appSecret: String?
    var settings: TenantSettings

    /// The time zone that a body names, whatever else is wrong with it: whether there is such a one, the database knows.
    /// Nil when the body names none, or one that has not the form of the IANA time zone database.
    static func namedTimeZone(_ body: JSONValue) -> String? {
        guard let text = body["time_zone"]?.text, (1...64).contains(text.utf8.count) else { return nil }
        let isName = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_/+-".utf8.contains(byte)
        }
        return isName ? text : nil
    }

    /// `isNew`: a new tenant needs a secret, another one may keep its own.
    /// `knowsTimeZone`: whether there is a time zone of the name in the body.
    /// - Throws: ``HTTPProblem`` 422 with all that is wrong.
    init(_ body: JSONValue, isNew: Bool, knowsTimeZone: Bool) throws(HTTPProblem) {
        var check = BodyCheck()
        let root = check.object(body, members: ["name", "locale", "time_zone", "status", "pbx", "settings"])
        let name = check.text(root, "name", required: true)
        self.locale = check.choice(root, "locale", of: Language.allCases) ?? .ru
        self.timeZone = Self.timeZone(root, isKnown: knowsTimeZone, in: &check) ?? "Europe/Moscow"
        self.status = check.choice(root, "status", of: [Tenant.Status.active, .suspended]) ?? .active

        let pbx = check.object(root, "pbx", members: ["url", "client_id", "app_id", "app_secret"], required: true)
        self.pbxURL = Self.url(pbx, in: &check)
        self.clientID = Self.pathSafe(pbx, "client_id", in: &check) ?? "@me"
        let appID = check.text(pbx, "app_id", required: true)
        self.appSecret = check.text(pbx, "app_secret", length: 1...1_000, required: isNew)
        self.settings = Self.settings(root, in: &check)
        try check.finish()
        guard let name, let appID else { throw HTTPProblem(.validationFailed) }
        self.name = name
        self.appID = appID
    }

    private static func settings(_ root: BodyCheck.Object?, in check: inout BodyCheck) -> TenantSettings {
        let object = check.object(
            root,
            "settings",
            members: [
                "external_only", "record_unanswered_outgoing", "direct_missed", "agent_presence", "grace_seconds",
                "stale_after_seconds", "event_limit", "call_retention_days",
            ]
        )
        let defaults = TenantSettings()
        return TenantSettings(
            externalOnly: check.bool(object, "external_only") ?? defaults.externalOnly,
            recordUnansweredOutgoing: check.bool(object, "record_unanswered_outgoing")
                ?? defaults.recordUnansweredOutgoing,
            directMissed: check.bool(object, "direct_missed") ?? defaults.directMissed,
            agentPresence: check.bool(object, "agent_presence") ?? defaults.agentPresence,
            graceSeconds: check.number(object, "grace_seconds", in: 0...3_600),
            staleAfterSeconds: check.integer(object, "stale_after_seconds", in: 60...604_800).map(Int.init)
                ?? defaults.staleAfterSeconds,
            eventLimit: check.integer(object, "event_limit", in: 1...1_000).map(Int.init) ?? defaults.eventLimit,
            callRetentionDays: check.integer(object, "call_retention_days", in: 1...36_500).map(Int.init)
        )
    }

    private static func timeZone(
        _ root: BodyCheck.Object?,
        isKnown: Bool,
        in check: inout BodyCheck
    ) -> String? {
        guard let text = check.text(root, "time_zone", length: 1...64) else { return nil }
        guard isKnown else {
            check.fail(
                "/time_zone",
                .invalidValue,
                LocalizedText(
                    ru: "Такого часового пояса нет; пример: Europe/Moscow.",
                    en: "There is no such time zone; an example: Europe/Moscow."
                )
            )
            return nil
        }
        return text
    }

    /// A part of the PBX's paths: what needs no encoding there.
    private static func pathSafe(
        _ object: BodyCheck.Object?,
        _ name: String,
        in check: inout BodyCheck
    ) -> String? {
        guard let text = check.text(object, name, length: 1...64), let object else { return nil }
        let isSafe = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "@_-.".utf8.contains(byte)
        }
        guard isSafe, text != ".", text != ".." else {
            check.fail(
                object.pointer(to: name),
                .invalidValue,
                LocalizedText(
                    ru: "Ожидается номер клиента АТС или @me.",
                    en: "Expected the PBX client's number or @me."
                )
            )
            return nil
        }
        return text
    }

    /// `http` or `https`, a host, perhaps a port and a path; nothing else.
    private static func url(_ object: BodyCheck.Object?, in check: inout BodyCheck) -> String? {
        guard let text = check.text(object, "url", length: 1...500) else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
        let authority = rest?.prefix { $0 != "/" } ?? ""
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#@\\\"<>".utf8.contains($0) }
        guard isPlain, !authority.isEmpty, authority.first != ":" else {
            check.fail(
                "/pbx/url",
                .invalidValue,
                LocalizedText(
                    ru: "Ожидается адрес вида https://apiproxy.telphin.ru.",
                    en: "Expected a URL such as https://apiproxy.telphin.ru."
                )
            )
            return nil
        }
        return text
    }
}
