import Foundation
import Postgres
import RingmeSimulator
import Storage
import TestSupport
import Testing

/// No secret of a whole run is anywhere in clear: not in the logs, the metrics, an error, the audit log, a backup.
@Suite("Secrets of a run", .timeLimit(.minutes(5)))
struct SecretSearchTests {
    private static let tenant = "/admin/v1/tenants/807"
    private static let appSecret = "app-secret-5f0d2c81b7e64"
    private static let wrongSecret = "wrong-secret-91c3aa07de52"
    private static let masterKey = "c2VhbGVkIHVuZGVyIHRoaXMga2V5IGluIHRoZSB0ZXM="
    private static let newMasterKey = "YW5vdGhlciBrZXkgdGhhdCBjb21lcyBhZnRlciBpdCE="
    private static let operatorKey = "bootstrap-operator-key-" + String(repeating: "8d41f0", count: 10)
    private static let serverPassword = "server-password-77ab01"
    private static let ownerPassword = "owner-password-e2091f"

    @Test("log, metrics, error answers, command output, PostgreSQL's log and the dump hold none of the secrets used")
    func search() async throws {
        try await Installation.with { installation in
            let superuser = try await installation.superuser()
            try await superuser.script("ALTER SYSTEM SET log_statement = 'all'")
            try await superuser.script("SELECT pg_reload_conf()")
            try installation.pbx.pbx.addApplication(
                appID: "searched",
                appSecret: Self.appSecret,
                clientID: SimulatedPBX.standardClientID
            )
            var search = SecretSearch()
            search.use(Self.appSecret, as: "app secret")
            search.use(Self.wrongSecret, as: "wrong app secret")
            search.use(Self.masterKey, as: "master key")
            search.use(Self.newMasterKey, as: "new master key")
            search.use(Self.operatorKey, as: "operator key")
            search.use(Self.serverPassword, as: "password of the runtime role")
            search.use(Self.ownerPassword, as: "password of the owner")
            let environment = [
                "DATABASE_URL": Self.url(installation, "ringbridge_server", Self.serverPassword),
                "DATABASE_OWNER_URL": Self.url(installation, "ringbridge_owner", Self.ownerPassword),
                "MASTER_KEYS": "k1:\(Self.masterKey)",
                "OPERATOR_KEY": Self.operatorKey,
                "PUBLIC_URL": "http://127.0.0.1:1",
            ]
            let server = try await installation.startServer(environment: environment)

            let connectorKey = try await Self.onboard(installation, server, &search)
            try await Self.takeCalls(installation, server, connectorKey, &search)
            try await Self.provokeErrors(installation, server, connectorKey, &search)
            try await Self.runCommands(installation, environment, &search)

            for event in installation.pbx.pbx.allEvents {
                search.use(String(event.url.suffix(32)), as: "event token")
                search.use(event.url, as: "event URL")
            }
            for token in installation.pbx.pbx.accessTokens { search.use(token, as: "access token of the PBX") }
            #expect(search.secrets.count { $0.name == "event token" } >= 7)
            #expect(search.secrets.contains { $0.name == "access token of the PBX" })

            let metrics = try await server.send(.get, "/metrics", key: Self.operatorKey, expecting: 200)
            search.look(in: metrics.text, of: "metrics")
            #expect(await server.program.end() == 0)
            search.look(in: server.program.log, of: "log")
            search.look(in: try installation.databaseLog(), of: "PostgreSQL's log")
            let dump = try installation.dump()
            search.look(in: dump, of: "dump")
            // They are what they should be: the log of the whole run, a dump with the call and the audit log.
            #expect(server.program.log.split(separator: "\n").count > 30)
            for text in ["call-of-the-search", "tenant.put", "key.create", "bi.create", "secrets.rekey"] {
                #expect(dump.contains(text), "the dump has \(text)")
            }
            #expect(search.findings == [])

            // A search that cannot find proves nothing: one secret in clear, one in bytes.
            var planted = search
            try await superuser.script(
                """
                INSERT INTO audit_log (tenant_id, actor, action, target, after)
                  VALUES ('807', 'a', 'b', 'c', '{"app_secret": "\(Self.appSecret)"}');
                INSERT INTO agent_events (tenant_id, agent_id, raw, quarantine)
                  VALUES ('807', 1, '\(Self.operatorKey)', 'planted');
                """
            )
            planted.look(in: try installation.dump(), of: "planted dump")
            #expect(
                Set(planted.findings) == ["app secret: planted dump", "operator key in hexadecimal: planted dump"]
            )
            await superuser.close()
        }
    }

    private static func url(_ installation: Installation, _ role: String, _ password: String) -> String {
        installation.databaseURL("\(role):\(password)")
    }

    /// Onboards the tenant, with a wrong secret first; returns a connector's key.
    private static func onboard(
        _ installation: Installation,
        _ server: Server,
        _ search: inout SecretSearch
    ) async throws -> String {
        func put(_ secret: String, status: Int) async throws {
            _ = try await server.send(
                .put,
                Self.tenant,
                key: Self.operatorKey,
                body: """
                    {"name": "Client", "locale": "en", "time_zone": "UTC", "status": "active", "pbx": \
                    {"url": "\(installation.pbx.url)", "app_id": "searched", "app_secret": "\(secret)"}, "settings": {}}
                    """,
                expecting: status
            )
        }
        try await put(Self.wrongSecret, status: 201)
        // Its directory is asked for with the wrong secret, which becomes a problem.
        let refused = try await server.send(.get, "\(Self.tenant)/extensions?refresh=true", key: Self.operatorKey)
        search.look(in: refused.text, of: "answer of a listing with a wrong secret")
        try await put(Self.appSecret, status: 200)
        _ = try await server.send(
            .put,
            "\(Self.tenant)/users/u1",
            key: Self.operatorKey,
            body: #"{"name": "u1"}"#,
            expecting: 201
        )
        let current = try await server.send(.get, "\(Self.tenant)/mappings", key: Self.operatorKey, expecting: 200)
        let mapped = try await server.send(
            .put,
            "\(Self.tenant)/mappings",
            key: Self.operatorKey,
            body:
                #"{"mappings": [{"extension_id": 85219, "user_id": "u1"}, {"extension_id": 96857, "user_id": null}]}"#,
            headers: [("If-Match", current.headers.first(name: "ETag") ?? ""), ("Prefer", "wait=30")],
            expecting: 200
        )
        #expect(mapped.text.contains(#""converged""#), "\(mapped.text)")
        search.look(in: mapped.text, of: "answer of a mapping write")
        struct Created: Decodable { var key: String }
        var keys: [String] = []
        for role in ["admin", "connector"] {
            let created = try await server.send(
                .post,
                "\(Self.tenant)/keys",
                key: Self.operatorKey,
                body: #"{"role": "\#(role)", "name": "n"}"#,
                expecting: 201
            )
            keys.append(try JSONDecoder().decode(Created.self, from: created.body).key)
            search.use(keys[keys.count - 1], as: "\(role)'s key")
        }
        return keys[1]
    }

    /// A call before the token is rotated and one after; then what readers see of them.
    private static func takeCalls(
        _ installation: Installation,
        _ server: Server,
        _ connectorKey: String,
        _ search: inout SecretSearch
    ) async throws {
        for name in ["call-of-the-search", "call-after-rotation"] {
            let path = try installation.eventPath(of: 85_219)
            search.use(String(path.suffix(32)), as: "event token")
            #expect(try await server.post(DurabilityTests.outgoing(name), to: path) == 200)
            // An event that cannot be understood is kept as it came.
            #expect(try await server.post("EventType=hangup", to: path) == 200)
            try await DurabilityTests.poll {
                try await server.send(.get, "/v1/calls?call_id=\(name)", key: connectorKey, expecting: 200).text
                    .contains(#""duration_us""#)
            }
            _ = try await server.send(
                .post,
                "\(Self.tenant)/extensions/85219/rotate-token",
                key: Self.operatorKey,
                headers: [("Prefer", "wait=30")],
                expecting: 200
            )
        }
        for path in ["/problems", "/reconcile", "/explain?call_id=call-of-the-search", "/extensions", "/keys"] {
            let answer = try await server.send(.get, Self.tenant + path, key: Self.operatorKey)
            search.look(in: answer.text, of: path)
        }
    }

    /// Errors in whose neighbourhood a secret is: in the header, in the body, in the path.
    private static func provokeErrors(
        _ installation: Installation,
        _ server: Server,
        _ connectorKey: String,
        _ search: inout SecretSearch
    ) async throws {
        let token = try installation.eventPath(of: 85_219)
        let bodies = [
            #"{"name": "x", "pbx": {"app_id": "a", "app_secret": "\#(Self.appSecret)""#,
            #"{"name": 1, "pbx": {"app_id": "a", "app_secret": ["\#(Self.appSecret)"]}}"#,
            #"{"name": "x", "pbx": {"app_id": "a", "app_secret": "\#(Self.appSecret)", "\#(Self.appSecret)": 1}}"#,
            #"{"name": "x", "time_zone": "nowhere", "pbx": {"app_id": "a", "app_secret": "\#(Self.appSecret)"}}"#,
        ]
        for body in bodies {
            let answer = try await server.send(.put, "/admin/v1/tenants/808", key: Self.operatorKey, body: body)
            #expect((400..<500).contains(answer.status))
            // A member's name is the caller's own word, and is named back.
            if !body.contains("\"\(Self.appSecret)\": 1") {
                search.look(in: answer.text, of: "answer to a body that is wrong (\(answer.status))")
            }
        }
        for (method, path, key) in [
            (HTTPMethodName.get, "/v1/calls", connectorKey + "x"), (.get, "/v1/calls", Self.operatorKey + "x"),
            (.get, Self.tenant, connectorKey), (.get, "/v1/calls?key=\(connectorKey)", connectorKey),
            (.post, token + "x", connectorKey), (.put, token, connectorKey), (.delete, token, connectorKey),
            (.get, "/v1/calls/\(connectorKey)", connectorKey),
        ] {
            let answer = try await server.send(method, path, key: key)
            #expect((400..<500).contains(answer.status), "\(method) \(answer.status)")
            if !path.contains(connectorKey) {
                search.look(in: answer.text, of: "answer \(answer.status)")
            }
        }
        // The PBX refuses, and fails.
        installation.pbx.pbx.expireTokens()
        let check = try await server.send(.post, "\(Self.tenant)/check", key: Self.operatorKey, expecting: 200)
        search.look(in: check.text, of: "self-test")
    }

    /// What is shown once is used; all else that commands print is searched.
    private static func runCommands(
        _ installation: Installation,
        _ environment: [String: String],
        _ search: inout SecretSearch
    ) async throws {
        func run(_ arguments: [String], changing: [String: String] = [:]) async throws -> [String] {
            let program = try BuiltProgram("ringbridge", arguments, environment: environment.merging(changing) { $1 })
            let lines = await program.remainingLines()
            _ = await program.exitStatus()
            search.look(in: program.log, of: "errors of \(arguments[0])")
            return lines
        }
        let key = try #require(try await run(["key", "create", "--role", "admin", "--tenant", "807"]).first)
        search.use(key, as: "key made at the shell")
        let url = try #require(try await run(["bi", "create", "--tenant", "807"]).first)
        search.use(try #require(URLComponents(string: url)?.password), as: "password of an SQL role")
        search.use(url, as: "URL of an SQL role")
        for (arguments, changes) in [
            (["bi", "list"], [:]), (["key", "list", "--tenant", "807", "--json"], [:]),
            (["tenant", "show", "807"], [:]),
            (["doctor"], [:]), (["doctor"], ["MASTER_KEYS": "k1:\(Self.newMasterKey)"]),
            (["doctor"], ["MASTER_KEYS": "k1:\(Self.masterKey)x"]),
            (
                ["tenant", "list"],
                ["DATABASE_URL": "postgresql://ringbridge_server:\(Self.serverPassword)@127.0.0.1:1/x"]
            ),
            (["migrate", "status"], ["DATABASE_OWNER_URL": Self.url(installation, "nobody", Self.ownerPassword)]),
            (["secrets", "rekey"], ["MASTER_KEYS": "k2:\(Self.newMasterKey)"]),
            (["secrets", "rekey"], ["MASTER_KEYS": "k2:\(Self.newMasterKey),k1:\(Self.masterKey)"]),
        ] as [([String], [String: String])] {
            search.look(
                in: try await run(arguments, changing: changes).joined(separator: "\n"),
                of: "output of \(arguments[0])"
            )
        }
    }
}
