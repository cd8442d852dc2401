import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("OAuth of trusted applications", .timeLimit(.minutes(5)))
struct AuthorizationTests {
    private let credentials =
        "grant_type=client_credentials&client_id=\(SimulatorHarness.appID)&client_secret=\(SimulatorHarness.appSecret)"

    @Test("a token is issued for credentials in the form or in the query, without rate headers")
    func tokenIsIssued() async throws {
        try await SimulatorHarness.run { [credentials] harness in
            let byForm = try await harness.send(.POST, "/oauth/token", form: credentials)
            #expect(byForm.status == 200)
            #expect(byForm.json?["token_type"]?.text == "Bearer")
            #expect(byForm.json?["expires_in"]?.whole == 3600)
            #expect(byForm.headers.first(name: "X-RateLimit-Limit") == nil)
            let byQuery = try await harness.send(.POST, "/oauth/token?\(credentials)&scope=all")
            #expect(byQuery.status == 200)
            #expect(byQuery.json?["access_token"] != byForm.json?["access_token"])
        }
    }

    @Test(
        "wrong credentials are 400 with an error",
        arguments: [
            ("grant_type=client_credentials&client_id=nobody&client_secret=x", "invalid_client"),
            (
                "grant_type=client_credentials&client_id=\(SimulatorHarness.appID)&client_secret=wrong",
                "invalid_client"
            ),
            ("grant_type=password&client_id=\(SimulatorHarness.appID)", "unsupported_grant_type"),
            ("", "unsupported_grant_type"),
        ]
    )
    func wrongCredentials(form: String, error: String) async throws {
        try await SimulatorHarness.run { harness in
            let reply = try await harness.send(.POST, "/oauth/token", form: form)
            #expect(reply.status == 400)
            #expect(reply.json?["error"]?.text == error)
        }
    }

    @Test("no token, a wrong one, an expired one and a revoked application's are 401 Unauthorized")
    func unauthorized() async throws {
        try await SimulatorHarness.run { harness in
            func status(_ token: String?) async throws -> Int {
                let reply = try await harness.send(.GET, "/user/", token: token)
                if reply.status == 401 {
                    #expect(reply.json?["message"]?.text == "Unauthorized")
                }
                return reply.status
            }
            #expect(try await status(nil) == 401)
            #expect(try await status("wrong") == 401)
            let first = try await harness.token()
            #expect(try await status(first) == 200)
            harness.pbx.advanceClock(by: .seconds(3601))
            #expect(try await status(first) == 401)
            let second = try await harness.token()
            harness.pbx.expireTokens(clientID: harness.clientID)
            #expect(try await status(second) == 401)
            let third = try await harness.token()
            try harness.pbx.removeApplication(appID: SimulatorHarness.appID, clientID: harness.clientID)
            #expect(try await status(third) == 401)
        }
    }

    @Test("the user names the client, at the root and below the API's prefix")
    func user() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            for path in ["/user/", "/user", "/api/ver1.0/user/", "/api/ver1.0/user"] {
                let reply = try await harness.send(.GET, path, token: token)
                #expect(reply.json?["client_id"]?.whole == harness.clientID, "\(path)")
            }
        }
    }

    @Test("a blocked client is answered 403 user_blocked")
    func blocked() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            try harness.pbx.setBlocked(true, clientID: harness.clientID)
            let reply = try await harness.send(.GET, "/user/", token: token)
            #expect(reply.status == 403)
            #expect(reply.json?["status"]?.text == "user_blocked")
        }
    }
}
