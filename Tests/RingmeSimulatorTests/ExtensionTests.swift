import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Extensions, agents and clients over the REST API", .timeLimit(.minutes(5)))
struct ExtensionTests {
    @Test("the standard client has the vendor's extensions")
    func standardExtensions() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let reply = try await harness.api(.GET, "/client/@me/extension/", token: token)
            let rows = try #require(reply.json?.elements).map { row in
                "\(row["id"]?.whole ?? 0) \(row["name"]?.text ?? "") \(row["type"]?.text ?? "")"
            }
            #expect(
                rows == [
                    "85218 2566*101 phone", "85219 2566*102 phone", "85220 2566*103 phone", "96850 2566*099 ivr",
                    "96857 2566*887 queue", "96858 2566*888 queue",
                ]
            )
        }
    }

    @Test("lists come in pages of 30, of 200 at most, and end with an empty one")
    func paging() async throws {
        try await SimulatorHarness.run { harness in
            for number in 0..<450 {
                try harness.pbx.addExtension(
                    SimulatedExtension(
                        id: 200_000 + number,
                        clientID: harness.clientID,
                        name: "2566*\(1000 + number)",
                        type: "phone"
                    )
                )
            }
            let token = try await harness.token()
            func ids(_ query: String) async throws -> [Int] {
                let reply = try await harness.api(.GET, "/client/@me/extension/?\(query)", token: token)
                return try #require(reply.json?.elements).compactMap { $0["id"]?.whole }
            }
            #expect(try await ids("").count == 30)
            #expect(try await ids("per_page=1000").count == 200)
            var all: [Int] = []
            for page in 1...4 {
                all += try await ids("per_page=200&page=\(page)")
            }
            #expect(all.count == 456)
            #expect(Set(all).count == 456)
            #expect(try await ids("type=phone&per_page=200&page=3").count == 53)
            let wrong = try await harness.api(.GET, "/client/@me/extension/?page=0", token: token)
            #expect(wrong.status == 400)
        }
    }

    @Test(
        "filters",
        arguments: [
            ("type=queue", ["2566*887", "2566*888"]), ("name=2566*102", ["2566*102"]), ("name=102", ["2566*102"]),
            ("status=blocked", []), ("type=ivr&status=active", ["2566*099"]), ("type=fax", []),
        ] as [(String, [String])]
    )
    func filters(query: String, names: [String]) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let reply = try await harness.api(.GET, "/client/@me/extension/?\(query)", token: token)
            #expect(reply.json?.elements?.compactMap { $0["name"]?.text } == names)
        }
    }

    @Test(
        "with and without trailing slash",
        arguments: [
            "/client/@me/extension", "/client/10500/extension/85219", "/client/@me/limit", "/extension/85219/event",
            "/client/@me/agent/local", "/client/@me/call_history", "/extension/@102/event", "/client/@me",
        ]
    )
    func slashes(path: String) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let without = try await harness.api(.GET, path, token: token)
            let with = try await harness.api(.GET, path + "/", token: token)
            #expect(without.status == 200)
            #expect(without.bytes == with.bytes)
        }
    }

    @Test(
        "what is not the client's is refused",
        arguments: [
            ("/client/20000/extension/", 403, "access_denied"), ("/client/20000/limit/", 403, "access_denied"),
            ("/client/@me/extension/95219", 403, "access_denied"), ("/extension/95219/event/", 403, "access_denied"),
            ("/client/777/extension/", 404, "client_not_found"), ("/extension/12345/event/", 404, nil),
            ("/extension/85219/event/999", 404, nil), ("/client/@me/nothing/", 404, nil),
            ("/client/@me/extension/1", 404, nil), ("/nothing", 404, nil), ("/extension/@95219/event/", 404, nil),
        ] as [(String, Int, String?)]
    )
    func refusals(path: String, status: Int, vendorStatus: String?) async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.seedStandardClient(
                appID: "other",
                appSecret: "secret",
                clientID: 20_000,
                prefix: "3777",
                idOffset: 10_000
            )
            let token = try await harness.token()
            let reply = try await harness.api(.GET, path, token: token)
            #expect(reply.status == status)
            #expect(reply.json?["message"]?.text != nil)
            #expect(reply.json?["status"]?.text == vendorStatus)
        }
    }

    @Test("agents are listed; a client without agents has no such resource")
    func agents() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let reply = try await harness.api(.GET, "/client/@me/agent/local/", token: token)
            #expect(reply.json?[0]?["id"]?.whole == 136)
            #expect(reply.json?[0]?["extension_name"]?.text == "2566*101@sipproxy.telphin.ru")
            try harness.pbx.removeAgent(136)
            try harness.pbx.removeAgent(137)
            #expect(try await harness.api(.GET, "/client/@me/agent/local/", token: token).status == 404)
        }
    }
}
