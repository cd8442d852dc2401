import Hummingbird
import Storage
import Telephony
import Testing

@testable import WebAPI

@Suite("The OpenAPI document", .timeLimit(.minutes(5)))
struct OpenAPITests {
    @Test("every route is documented, and everything documented is a route")
    func routes() async throws {
        try await TestAPI.with { api in
            // Any path below an event URL is answered as an unknown token: the document says so at the token.
            let routes = api.routes.filter { !$0.path.hasSuffix("/**") }
            let served = Set(routes.map { "\($0.method.rawValue) \($0.path)" })
            let documented = Set(try self.operations().map { "\($0.method) \($0.path)" })
            #expect(served.subtracting(documented).sorted() == [], "served, and not documented")
            #expect(documented.subtracting(served).sorted() == [], "documented, and not served")
        }
    }

    @Test("it is served in both forms, which are the same, without a key")
    func served() async throws {
        try await TestAPI.with { api in
            let yaml = try await api.send(.get, "/openapi.yaml")
            let json = try await api.send(.get, "/openapi.json")
            #expect(yaml.status == .ok)
            #expect(yaml.headers[.contentType] == "application/yaml")
            #expect(json.status == .ok)
            #expect(json.headers[.contentType] == "application/json")
            #expect(json.json["openapi"] == "3.1.0")
            #expect(json.json == (try YAMLReader.read(Array(yaml.text.utf8))))
        }
    }

    @Test("the values that it lists are those of the program")
    func values() throws {
        try self.expect(ProblemCode.allCases, at: ["ProblemCode"])
        try self.expect(Direction.allCases, at: ["Direction"])
        try self.expect(CallStatus.allCases, at: ["CallStatus"])
        try self.expect(CallEventKind.allCases, at: ["EventType"])
        try self.expect(Flag.allCases, at: ["Call", "properties", "flags", "items"])
        try self.expect(CheckFinding.Check.allCases, at: ["CheckFinding", "properties", "check"])
        try self.expect(
            LegTrace.Reason.allCases,
            at: ["Explanation", "properties", "legs", "items", "properties", "reason"]
        )
        try self.expect(
            SubscriptionPlan.Reason.allCases,
            at: ["PlanEntries", "items", "properties", "steps", "items", "properties", "reason"]
        )
        try self.expect(
            QuarantineReason.allCases,
            at: ["Event", "properties", "quarantine", "properties", "reason"]
        )
        let kinds = [
            "LimitProblem", "PBXProblem", "StaleLegProblem", "SilentExtensionProblem", "QuarantineProblem",
        ]
        let codes = try kinds.flatMap { kind in
            let code = try self.schema([kind, "properties", "code"])
            return code["const"].map { [$0] } ?? code["enum"]?.elements ?? []
        }
        #expect(codes.compactMap(\.text).sorted() == Storage.Problem.Code.allCases.map(\.rawValue).sorted())
    }

    @Test("every operation has an id of its own, a summary, and says who may call it")
    func security() throws {
        let operations = try self.operations()
        let ids = operations.compactMap { $0.content["operationId"]?.text }
        #expect(ids.count == operations.count)
        #expect(Set(ids).count == ids.count)
        for operation in operations {
            #expect(operation.content["summary"]?.text?.isEmpty == false, "\(operation.path)")
            let roles = operation.content["security"]?.elements?.flatMap { $0.members ?? [] }.map(\.name)
            let wanted: [String]? =
                switch operation.path {
                case "/metrics", "/admin/v1/audit": ["operatorKey"]
                case let path where path.hasPrefix("/v1/"): ["connectorKey"]
                case let path where path.hasPrefix("/admin/"):
                    operation.content["tags"] == ["Operator"] ? ["operatorKey"] : ["adminKey", "operatorKey"]
                default: []
                }
            #expect(roles == wanted, "\(operation.method) \(operation.path)")
        }
    }

    private struct Operation {
        var method: String
        var path: String
        var content: JSONValue
    }

    private func operations() throws -> [Operation] {
        let paths = try #require(try OpenAPIDocument.json.get()["paths"]?.members)
        return paths.flatMap { path in
            (path.value.members ?? []).filter { $0.name != "parameters" }.map { operation in
                Operation(method: operation.name.uppercased(), path: path.name, content: operation.value)
            }
        }
    }

    /// A schema among the components.
    private func schema(_ path: [String]) throws -> JSONValue {
        var schema = try OpenAPIDocument.json.get()
        for name in ["components", "schemas"] + path {
            schema = try #require(schema[name], "\(path)")
        }
        return schema
    }

    private func expect<Value: RawRepresentable<String>>(_ values: [Value], at path: [String]) throws {
        let listed = try #require(try self.schema(path)["enum"]?.elements, "\(path)")
        #expect(listed.compactMap(\.text).sorted() == values.map(\.rawValue).sorted(), "\(path)")
    }
}

@Suite("The part of YAML that the document keeps to")
struct YAMLReaderTests {
    @Test("mappings, sequences, literals and JSON")
    func document() throws {
        let text = """
            # a comment
            plain: a text, with 'marks' and a:colon
            "quoted": "é\\n"
            number: -2.5
            nothing: null

            nested:
              literal: |
                first
                  deeper

                last

              list:
                - one
                - name: two
                  more: {"a": [1, true]}
                - []
            version: 3.1.0

            """
        let expected: JSONValue = [
            "plain": "a text, with 'marks' and a:colon", "quoted": "é\n", "number": .number(-2.5), "nothing": nil,
            "nested": [
                "literal": "first\n  deeper\n\nlast\n",
                "list": ["one", ["name": "two", "more": ["a": [1, true]]], []],
            ],
            "version": "3.1.0",
        ]
        #expect(try YAMLReader.read(Array(text.utf8)) == expected)
    }

    @Test(
        "what is beyond it is refused, with its line",
        arguments: [
            ("", 1), ("a: 1\na: 2", 2), ("a: 1\n  b: 2", 2), ("a:\nb: 1", 2), ("a: &x 1", 1), ("a: *x", 1),
            ("a: 'x'", 1), ("a: >-\n  x", 1), ("a: {b: 1}", 1), ("a: [b]", 1), ("a: b: c", 1), ("a: b # c", 1),
            ("a: \"b", 1), ("a: ~", 1), ("a:\n  - b\n  c: 1", 3), ("a:\n    b: 1\n  c: 1", 3), ("- a\n-b", 2),
            ("a: |\n", 2),
            ("a: |\n    b\n  c", 3), ("a\n", 1), ("\ta: 1", 1), ("---\na: 1", 1),
        ] as [(String, Int)]
    )
    func refused(text: String, line: Int) {
        #expect(throws: YAMLReader.Malformed(line: line)) { try YAMLReader.read(Array(text.utf8)) }
    }
}
