package import Postgres
package import Storage
import Telephony

extension Tenant {
    /// The tenant in the audit log, which never has its app secret.
    package var audited: PostgresJSON { PostgresJSON(bytes: self.json.bytes) }

    /// The tenant as operators read it; the app secret is never shown.
    var json: JSONValue {
        [
            "tenant": .string(self.id.rawValue),
            "name": .string(self.name),
            "locale": .string(self.locale.rawValue),
            "time_zone": .string(self.timeZone),
            "status": .string(self.status.rawValue),
            "pbx": [
                "url": JSONValue(self.pbx.url),
                "client_id": .string(self.pbx.clientID),
                "app_id": .string(self.pbx.appID),
            ],
            "settings": self.settings.json,
            "created_at": JSONValue(self.createdAt),
            "updated_at": JSONValue(self.updatedAt),
        ]
    }
}

extension TenantSettings {
    /// The settings as operators write and read them.
    var json: JSONValue {
        [
            "external_only": .bool(self.externalOnly),
            "record_unanswered_outgoing": .bool(self.recordUnansweredOutgoing),
            "direct_missed": .bool(self.directMissed),
            "agent_presence": .bool(self.agentPresence),
            "grace_seconds": self.graceSeconds.map(JSONValue.number) ?? .null,
            "stale_after_seconds": JSONValue(self.staleAfterSeconds),
            "event_limit": JSONValue(self.eventLimit),
            "call_retention_days": JSONValue(self.callRetentionDays),
        ]
    }
}
