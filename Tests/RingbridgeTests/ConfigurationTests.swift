import Configuration
import Storage
import Testing

@testable import ringbridge

@Suite("Configuration of serve")
struct ConfigurationTests {
    private static let keys = "k1:" + String(repeating: "A", count: 43) + "="
    private static let complete = [
        "DATABASE_URL": "postgresql://ringbridge_server:hunter2@db1,db2/ringbridge?target_session_attrs=read-write",
        "PUBLIC_URL": "https://ringbridge.example.com/",
        "MASTER_KEYS": Self.keys,
    ]

    private static func read(_ variables: [String: String]) throws -> ServerConfiguration {
        try ServerConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        )
    }

    @Test("the required variables suffice")
    func defaults() throws {
        let configuration = try Self.read(Self.complete)
        #expect(configuration.httpHost == "127.0.0.1")
        #expect(configuration.httpPort == 8080)
        #expect(configuration.ingestPort == nil)
        #expect(configuration.publicURL == "https://ringbridge.example.com")
        #expect(configuration.pbxURL == "https://apiproxy.telphin.ru")
        #expect(configuration.assemblyDefaults.grace == .seconds(5))
        #expect(configuration.driftCheckInterval == .seconds(6 * 3600))
        #expect(configuration.eventRetention == .seconds(30 * 86_400))
        #expect(configuration.assemblyDefaults.callRetention == nil)
        #expect(configuration.operatorKeyDigest == nil)
        #expect(configuration.trustedProxies.isEmpty)
        #expect(configuration.spool == nil)
    }

    @Test(
        "the spool's size is bytes or has a unit",
        arguments: [("1048576", 1 << 20), ("64MiB", 64 << 20), ("2GiB", 2 << 30)]
    )
    func spool(text: String, bytes: Int) throws {
        let variables = ["SPOOL_DIR": "/var/lib/ringbridge/spool", "SPOOL_MAX_BYTES": text]
        let spool = try Self.read(Self.complete.merging(variables) { $1 }).spool
        #expect(spool?.directory == "/var/lib/ringbridge/spool")
        #expect(spool?.maximumBytes == bytes)
        #expect(try Self.read(Self.complete.merging(["SPOOL_DIR": "/s"]) { $1 }).spool?.maximumBytes == 1 << 30)
    }

    @Test("a size that is none", arguments: ["1GB", "-1", "9999999999GiB", "much", "MiB"])
    func noSize(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.read(Self.complete.merging(["SPOOL_MAX_BYTES": text]) { $1 })
        }
        #expect(error?.problems.count == 1)
        #expect(error?.problems.first?.hasPrefix("SPOOL_MAX_BYTES: ") == true)
    }

    @Test("all problems are reported at once, each naming its variable, none with a secret")
    func allProblems() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.read([
                "DATABASE_URL": "postgresql://u:hunter2@db:port/x",
                "MASTER_KEYS": "k1:c2hvcnQ=",
                "OPERATOR_KEY": "too-short-secret",
                "HTTP_PORT": "80a0",
                "ASSEMBLY_GRACE": "soon",
                "DRIFT_CHECK_INTERVAL": "0s",
                "EVENT_RETENTION": "23h",
                "CALL_RETENTION": "for ever",
                "PBX_URL": "telphin",
                "TRUSTED_PROXIES": "10.0.0.0/99",
                "LOG_LEVEL": "loud",
                "LOG_FORMAT": "xml",
                "SPOOL_DIR": "spool",
                "SPOOL_MAX_BYTES": "1000KiB",
            ])
        }
        let problems = try #require(error?.problems)
        let expected = [
            "DATABASE_URL", "PUBLIC_URL", "MASTER_KEYS", "OPERATOR_KEY", "HTTP_PORT", "ASSEMBLY_GRACE",
            "DRIFT_CHECK_INTERVAL", "EVENT_RETENTION", "CALL_RETENTION", "PBX_URL",
            "TRUSTED_PROXIES", "LOG_LEVEL", "LOG_FORMAT", "SPOOL_DIR", "SPOOL_MAX_BYTES",
        ]
        for name in expected {
            #expect(problems.filter { $0.hasPrefix(name) }.count == 1, "\(name) is reported once")
        }
        #expect(problems.count == expected.count)
        for secret in ["hunter2", "c2hvcnQ", "too-short-secret"] {
            #expect(!problems.joined().contains(secret))
        }
    }

    @Test("retentions are a day at least, or unlimited")
    func retentions() throws {
        let variables = Self.complete.merging(["EVENT_RETENTION": "Unlimited", "CALL_RETENTION": "1d"]) { $1 }
        let configuration = try Self.read(variables)
        #expect(configuration.eventRetention == nil)
        #expect(configuration.assemblyDefaults.callRetention == .seconds(86_400))
    }

    @Test("an empty value is an absent one")
    func emptyValues() throws {
        #expect(try Self.read(Self.complete.merging(["INGEST_PORT": ""]) { $1 }).ingestPort == nil)
    }

    @Test(
        "durations read as they are written",
        arguments: [
            ("250ms", .milliseconds(250)), ("5s", .seconds(5)), ("10m", .seconds(600)), ("6h", .seconds(21_600)),
            ("30d", .seconds(2_592_000)), ("0s", .zero), ("1.5s", .milliseconds(1500)),
        ] as [(String, Duration)]
    )
    func durations(text: String, expected: Duration) throws {
        #expect(try ValueParsing.duration(text) == expected)
    }

    @Test("what is no duration is refused", arguments: ["", "5", "s", "-1s", "5 weeks", "infs", "nans"])
    func malformedDurations(text: String) {
        #expect(throws: MalformedValue.self) { try ValueParsing.duration(text) }
    }
}
