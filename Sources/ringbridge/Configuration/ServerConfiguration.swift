import Configuration
import Logging
import Observability
import Postgres
import Storage
import Telephony
import WebAPI

/// The configuration of `serve`.
///
/// - Configuration keys:
///   - `DATABASE_URL` (secret, required): libpq URI or keyword string of the runtime role
///   - `HTTP_HOST`, `HTTP_PORT`: the listener; port 0 picks one and prints it
///   - `INGEST_PORT`: a listener of its own for events
///   - `PUBLIC_URL` (required): base of the URLs given to the PBX
///   - `MASTER_KEYS` (secret, required): `id:base64(32 bytes)[,id:base64]`, the first seals
///   - `PBX_URL`: default PBX host
///   - `SPOOL_DIR`, `SPOOL_MAX_BYTES`: where events wait while the database is away, and how many bytes of them
///   - `ASSEMBLY_GRACE`: rule 5's delay
///   - `DRIFT_CHECK_INTERVAL`: how old a look at an extension may become
///   - `EVENT_RETENTION`, `CALL_RETENTION`: how long events and call records are kept, or `unlimited`
///   - `OPERATOR_KEY` (secret): bootstrap operator key, 64 or more characters
///   - `TRUSTED_PROXIES`: CIDR list whose X-Forwarded-For counts
///   - `DATABASE_PREPARED_STATEMENTS`: `on`, or `off` for transaction poolers
///   - `LOG_LEVEL`, `LOG_FORMAT`
struct ServerConfiguration {
    var database: PostgresConfiguration
    var httpHost: String
    var httpPort: Int
    var ingestPort: Int?
    var publicURL: String
    var keyRing: KeyRing
    var pbxURL: String
    /// Nil: without the database events are refused.
    var spool: SpoolConfiguration?
    /// `ASSEMBLY_GRACE` and `CALL_RETENTION`.
    var assemblyDefaults: AssemblyDefaults
    var driftCheckInterval: Duration
    /// Nil: unlimited.
    var eventRetention: Duration?
    var operatorKeyDigest: SecretDigest?
    var trustedProxies: [CIDR]
    var logging: LoggingConfiguration

    /// - Throws: ``ConfigurationError`` with every problem.
    init(reader: ConfigReader) throws {
        var values = ConfigurationValues(reader: reader)
        let database = DatabaseURL.runtime.read(&values)
        let publicURL = values.required(
            "PUBLIC_URL",
            "the base of the URLs given to the PBX, for example https://ringbridge.example.com",
            ValueParsing.baseURL
        )
        let keyRing = values.required(
            "MASTER_KEYS",
            "id:base64 of 32 random bytes, for example k1:$(openssl rand -base64 32)"
        ) { try KeyRing(parsing: $0) }
        self.httpHost = values.value("HTTP_HOST", default: "127.0.0.1") { $0 }
        self.httpPort = values.value("HTTP_PORT", default: 8080, ValueParsing.port)
        self.ingestPort = values.optional("INGEST_PORT", ValueParsing.port)
        self.pbxURL = values.value("PBX_URL", default: "https://apiproxy.telphin.ru", ValueParsing.baseURL)
        self.assemblyDefaults = values.assemblyDefaults()
        self.driftCheckInterval = values.value("DRIFT_CHECK_INTERVAL", default: .seconds(21_600)) { text in
            let interval = try ValueParsing.duration(text)
            guard interval >= .seconds(60) else { throw MalformedValue("\"\(text)\" is under a minute") }
            return interval
        }
        self.eventRetention = values.value("EVENT_RETENTION", default: .seconds(2_592_000), ValueParsing.retention)
        self.operatorKeyDigest = values.optional("OPERATOR_KEY") { key in
            guard key.count >= 64 else {
                throw MalformedValue("it has fewer than 64 characters; make one with: openssl rand -hex 32")
            }
            return SecretDigest(of: key)
        }
        self.trustedProxies = values.value("TRUSTED_PROXIES", default: []) { text in
            try text.split(separator: ",").map { part in
                let range = part.filter { !$0.isWhitespace }
                guard let cidr = CIDR(range) else {
                    throw MalformedValue("\"\(range)\" is not an address range; write for example 10.0.0.0/8")
                }
                return cidr
            }
        }
        self.spool = SpoolConfiguration(&values)
        self.logging = LoggingConfiguration(&values)
        guard let database, let publicURL, let keyRing, values.problems.isEmpty else {
            throw ConfigurationError(problems: values.problems)
        }
        self.database = database
        // A statement that hangs becomes an error, and the PBX sends its event again.
        self.database.statementTimeout = .seconds(30)
        self.publicURL = publicURL
        self.keyRing = keyRing
    }
}

extension ConfigurationValues {
    /// `ASSEMBLY_GRACE` and `CALL_RETENTION`, which whatever assembles must read alike.
    mutating func assemblyDefaults() -> AssemblyDefaults {
        AssemblyDefaults(
            grace: self.value("ASSEMBLY_GRACE", default: .seconds(5), ValueParsing.duration),
            callRetention: self.value("CALL_RETENTION", default: nil, ValueParsing.retention)
        )
    }
}

/// Where events wait while the database is away.
struct SpoolConfiguration {
    var directory: String
    var maximumBytes: Int

    /// Nil: no directory is named.
    init?(_ values: inout ConfigurationValues) {
        let maximumBytes = values.value("SPOOL_MAX_BYTES", default: 1 << 30) { text in
            let bytes = try ValueParsing.bytes(text)
            guard bytes >= 1 << 20 else { throw MalformedValue("\"\(text)\" is under 1MiB") }
            return bytes
        }
        let directory = values.optional("SPOOL_DIR") { text in
            guard text.hasPrefix("/") else {
                throw MalformedValue("\"\(text)\" does not begin with /; write for example /var/lib/ringbridge/spool")
            }
            return text
        }
        guard let directory else { return nil }
        self.directory = directory
        self.maximumBytes = maximumBytes
    }
}

/// How to log.
struct LoggingConfiguration {
    var level: Logger.Level
    var format: LogFormat

    init(_ values: inout ConfigurationValues) {
        self.level = values.value("LOG_LEVEL", default: .info, ValueParsing.word)
        self.format = values.value("LOG_FORMAT", default: .auto, ValueParsing.word)
    }
}

/// Which database connection string a command needs.
enum DatabaseURL {
    /// `DATABASE_URL`: the role that serves.
    case runtime
    /// `DATABASE_OWNER_URL`, else `DATABASE_URL`: the role that migrates.
    case owner

    /// Reads it; what is wrong with it is among the problems of `values`.
    func read(_ values: inout ConfigurationValues) -> PostgresConfiguration? {
        let name = self == .owner && values.text("DATABASE_OWNER_URL") != nil ? "DATABASE_OWNER_URL" : "DATABASE_URL"
        let prepared = values.value("DATABASE_PREPARED_STATEMENTS", default: true) { text in
            switch text.lowercased() {
            case "on", "true": return true
            case "off", "false": return false
            default: throw MalformedValue("\"\(text)\" is neither on nor off")
            }
        }
        return values.required(name, "a libpq URI, for example postgresql://ringbridge_server@db/ringbridge") { text in
            try PostgresConfiguration(connectionString: text, preparedStatements: prepared)
        }
    }
}
