import Postgres
import Testing

@Suite("The URI of another login")
struct ConfigurationURITests {
    @Test(
        "says where the database is, and nothing of the first login",
        arguments: [
            ("postgresql://o:hunter2@h:5433/d?sslmode=require", "postgresql://r:s@h:5433/d?sslmode=require"),
            (
                "postgres://h1:1,h2:2/d?target_session_attrs=any",
                "postgresql://r:s@h1:1,h2:2/d?target_session_attrs=any"
            ),
            ("postgresql:///d?host=/run/pg&port=5", "postgresql://r:s@/d?host=%2Frun%2Fpg&port=5"),
            ("host=h dbname=d user=o password=hunter2", "postgresql://r:s@h/d"),
            ("postgresql://h/d?user=o&password=hunter2", "postgresql://r:s@h/d"),
        ]
    )
    func uris(owner: String, expected: String) throws {
        let configuration = try PostgresConfiguration(connectionString: owner)
        #expect(configuration.uri(user: "r", password: "s") == expected)
        #expect(try PostgresConfiguration(connectionString: expected).hostDescription.hasSuffix("as user r"))
    }

    @Test("escapes what a URI cannot hold")
    func escaping() throws {
        let configuration = try PostgresConfiguration(connectionString: "postgresql://h/d")
        #expect(configuration.uri(user: "a b", password: "p@/:%") == "postgresql://a%20b:p%40%2F%3A%25@h/d")
    }
}
