import ArgumentParser
import Foundation
import Storage
import Telephony
import WebAPI

/// `tenant put|list|show|suspend|remove`.
struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant",
        abstract: "Creates, changes, shows, suspends and removes tenants.",
        subcommands: [Put.self, List.self, Show.self, Suspend.self, Remove.self]
    )

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a tenant, or changes what is named and keeps the rest."
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's id: its Ringme app id, 1 to 64 letters, digits, \"_\" and \"-\".")
        var tenant: String
        @Option(help: "The client's name.")
        var name: String?
        @Option(help: "ru or en.")
        var locale: String?
        @Option(help: "IANA name, for example Europe/Moscow.")
        var timeZone: String?
        @Option(help: "active or suspended.")
        var status: String?
        @Option(help: "Base URL of the tenant's PBX; without it the server's PBX_URL.")
        var pbxURL: String?
        @Option(help: "The PBX client's id.")
        var pbxClientID: String?
        @Option(help: "App id of the trusted application on the PBX.")
        var appID: String?
        @Option(help: "A file with the app secret; - is standard input.")
        var appSecretFile: String?
        @ArgumentParser.Flag(help: "Print the tenant as JSON.")
        var json = false

        func run() async throws {
            guard let id = TenantID(validating: self.tenant) else {
                throw CommandFailure("a tenant's id is 1 to 64 letters, digits, \"_\" and \"-\"")
            }
            var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: self.common.config))
            let keyRing = values.required("MASTER_KEYS", "the app secret is sealed with it") {
                try KeyRing(parsing: $0)
            }
            guard let keyRing, values.problems.isEmpty else { throw ConfigurationError(problems: values.problems) }
            let secret = try self.readSecret()
            let tenant = try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    let old = try await transaction.tenants.hold(id)
                    let definition = try self.definition(id: id, old: old, secret: secret, keyRing: keyRing)
                    let written = try await transaction.tenants.put(definition, ifVersion: old?.version ?? 0)
                    guard let tenant = written else { return Tenant?.none }
                    try await transaction.audit(
                        AuditEntry(
                            actor: Principal.shell.actor,
                            action: "tenant.put",
                            target: "tenant:\(id)",
                            before: old?.audited,
                            after: tenant.audited
                        ),
                        tenantID: id
                    )
                    return tenant
                }
            }
            guard let tenant else {
                throw CommandFailure("the tenant was changed by somebody else meanwhile; try again")
            }
            try show(tenant, json: self.json)
        }

        private func readSecret() throws -> String? {
            guard let file = self.appSecretFile else { return nil }
            let data: Data?
            if file == "-" {
                // Not as the file /dev/stdin, which cannot be read so when it is a pipe.
                data = try FileHandle.standardInput.readToEnd()
            } else {
                data = try? Data(contentsOf: URL(filePath: file))
            }
            guard let data, let text = String(data: data, encoding: .utf8) else {
                throw CommandFailure("the app secret's file \(file) cannot be read")
            }
            let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !secret.isEmpty else { throw CommandFailure("the app secret's file \(file) is empty") }
            return secret
        }

        private func definition(
            id: TenantID,
            old: Tenant?,
            secret: String?,
            keyRing: KeyRing
        ) throws -> TenantStore.Definition {
            guard old?.status != .removing else {
                throw CommandFailure(
                    "the tenant \"\(id.rawValue)\" is being removed; use another id, or wait until it is gone"
                )
            }
            guard let appID = self.appID ?? old?.pbx.appID else {
                throw CommandFailure("--app-id is required for a new tenant")
            }
            let sealed =
                try secret.map { try keyRing.seal($0, context: .appSecret(of: id)) } ?? old?.pbx.sealedAppSecret
            guard let sealed else {
                throw CommandFailure("--app-secret-file is required for a new tenant")
            }
            guard let locale = Language(rawValue: self.locale ?? old?.locale.rawValue ?? "ru") else {
                throw CommandFailure("--locale is ru or en")
            }
            guard let status = Tenant.Status(rawValue: self.status ?? old?.status.rawValue ?? "active"),
                status != .removing
            else { throw CommandFailure("--status is active or suspended") }
            let timeZone = self.timeZone ?? old?.timeZone ?? "Europe/Moscow"
            guard TimeZone(identifier: timeZone) != nil else {
                throw CommandFailure("--time-zone \(timeZone) is no IANA time zone, for example Europe/Moscow")
            }
            return TenantStore.Definition(
                id: id,
                name: self.name ?? old?.name ?? id.rawValue,
                locale: locale,
                timeZone: timeZone,
                status: status,
                pbx: Tenant.PBX(
                    url: try self.pbxURL.map(ValueParsing.baseURL) ?? old?.pbx.url,
                    clientID: self.pbxClientID ?? old?.pbx.clientID ?? "@me",
                    appID: appID,
                    sealedAppSecret: sealed
                ),
                settings: old?.settings ?? TenantSettings()
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the tenants.")
        @OptionGroup var common: CommonOptions
        @ArgumentParser.Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            let tenants = try await withDatabase(self.common) { database in
                var tenants: [Tenant] = []
                while true {
                    let after = tenants.last?.id
                    let page = try await database.system { try await $0.tenants.list(after: after, limit: 500) }
                    tenants += page
                    if page.count < 500 { return tenants }
                }
            }
            if self.json {
                try printJSON(tenants.map(TenantLine.init))
            } else {
                for tenant in tenants {
                    print("\(tenant.id.rawValue)\t\(tenant.status.rawValue)\t\(tenant.name)")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one tenant.")
        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's id.")
        var tenant: String
        @ArgumentParser.Flag(help: "Print the tenant as JSON.")
        var json = false

        func run() async throws {
            let found = try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    guard let id = TenantID(validating: self.tenant) else { return nil as Tenant? }
                    return try await transaction.tenants.find(id)
                }
            }
            guard let found else {
                throw CommandFailure("there is no tenant \"\(self.tenant)\"; see: ringbridge tenant list")
            }
            try show(found, json: self.json)
        }
    }
}

private func show(_ tenant: Tenant, json: Bool) throws {
    if json {
        try printJSON(TenantLine(tenant))
    } else {
        print("\(tenant.id.rawValue)\t\(tenant.status.rawValue)\t\(tenant.name)")
    }
}

/// A tenant as commands print it: without the app secret.
private struct TenantLine: Encodable {
    var tenantID: String
    var name: String
    var locale: String
    var timeZone: String
    var status: String
    var pbxURL: String?
    var pbxClientID: String
    var appID: String
    var version: Int64

    init(_ tenant: Tenant) {
        self.tenantID = tenant.id.rawValue
        self.name = tenant.name
        self.locale = tenant.locale.rawValue
        self.timeZone = tenant.timeZone
        self.status = tenant.status.rawValue
        self.pbxURL = tenant.pbx.url
        self.pbxClientID = tenant.pbx.clientID
        self.appID = tenant.pbx.appID
        self.version = tenant.version
    }

    enum CodingKeys: String, CodingKey {
        case name, locale, status, version
        case tenantID = "tenant_id"
        case timeZone = "time_zone"
        case pbxURL = "pbx_url"
        case pbxClientID = "pbx_client_id"
        case appID = "app_id"
    }
}
