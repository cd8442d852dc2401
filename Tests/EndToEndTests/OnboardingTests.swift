import Foundation
import RingmeSimulator
import TestSupport
import Testing

/// `admin-scripts/onboard-tenant` and `rotate-token` as an operator runs them.
@Suite("Onboarding scripts", .timeLimit(.minutes(5)))
struct OnboardingTests {
    private static let file = """
        extension;user_id;user_name;user_email\r
        2566*101;u101;Анна;anna@example.com\r
        102;u102;Борис;\r
        96850;;;\r
        2566*887;;;\r

        """

    @Test("a file makes a tenant; repeated it changes nothing; keys are made once; no secret is on a command line")
    func onboard() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let desk = try Desk(server: server, installation: installation)
            let values = ["--name", "ООО \"Ромашка\"", "--app-id", "app", "--pbx-url", installation.pbx.url]
            // As Excel saves it in Russia.
            let file = try desk.write(Self.file, encoding: .windowsCP1251)

            let dry = try await desk.run("onboard-tenant", ["807", file, "--dry-run"] + values)
            #expect(dry.status == 0, "\(dry)")
            #expect(dry.output.contains("tenant 807 would be created"))
            #expect(try await server.send(.get, "/admin/v1/tenants/807", key: installation.operatorKey).status == 404)

            let first = try await desk.run("onboard-tenant", ["807", file] + values)
            #expect(first.status == 0, "\(first)")
            #expect(first.output.contains("tenant 807 is created"))
            #expect(first.output.contains("users: 2 created, 0 changed"))
            #expect(first.output.contains("4 of 4 extensions are subscribed on the PBX: converged"))
            #expect(first.output.contains("extension 85218 (2566*101, phone): active; added: "))
            let admin = try first.key("admin")
            let connector = try first.key("connector")
            let users = try await server.send(.get, "/admin/v1/tenants/807/users", key: admin, expecting: 200)
            #expect(users.text.contains("Анна") && users.text.contains("anna@example.com"))
            let tenant = try await server.send(
                .get,
                "/admin/v1/tenants/807",
                key: installation.operatorKey,
                expecting: 200
            )
            #expect(tenant.text.contains(#"ООО \"Ромашка\""#))
            _ = try await server.send(.get, "/v1/calls", key: connector, expecting: 200)

            // The tenant's own settings stay, whatever the operator says anew.
            let written = installation.pbx.writes
            let again = try await desk.run("onboard-tenant", ["807", file] + values)
            #expect(again.status == 0, "\(again)")
            #expect(again.output.contains("tenant 807 is there"))
            #expect(again.output.contains("users: 0 created, 0 changed"))
            #expect(!again.output.contains("added: "), "nothing was added now")
            #expect(
                again.output.contains("admin key: made before") && again.output.contains("connector key: made before")
            )
            #expect(installation.pbx.writes == written)
            let unchanged = try await server.send(
                .get,
                "/admin/v1/tenants/807",
                key: installation.operatorKey,
                expecting: 200
            )
            #expect(unchanged.text == tenant.text)

            let changed = try desk.write("extension,user_id,user_name\n85220,u103,Вера\n", encoding: .utf8)
            let plan = try await desk.run(
                "onboard-tenant",
                ["807", changed, "--dry-run", "--locale", "en", "--replace"]
            )
            #expect(plan.status == 0, "\(plan)")
            #expect(plan.output.contains("tenant 807 would be changed: locale"))
            #expect(plan.output.contains("users: 1 would be created, 0 changed"))
            #expect(plan.output.contains("extension 85220 (2566*103, phone): create dial-in"))
            #expect(plan.output.contains("extension 85218 (2566*101, phone): delete"))
            #expect(installation.pbx.writes == written)
            let more = try await desk.run("onboard-tenant", ["807", changed, "--locale", "en"])
            #expect(more.output.contains("tenant 807 is changed: locale"))
            #expect(more.output.contains("5 of 5 extensions are subscribed on the PBX: converged"), "\(more)")

            let wrong = try desk.write("extension,user_id\n101,nobody\n4711,u101\n", encoding: .utf8)
            let refused = try await desk.run("onboard-tenant", ["807", wrong])
            #expect(refused.status == 1)
            #expect(refused.log.contains("line 2, user_id: The tenant has no such user."), "\(refused)")
            #expect(
                refused.log.contains(
                    "line 3, extension: The PBX's last list of extensions does not have this extension."
                )
            )

            let event = try installation.eventPath(of: 85_218)
            let rotated = try await desk.run("rotate-token", ["807", "85218"])
            #expect(rotated.status == 0, "\(rotated)")
            #expect(try installation.eventPath(of: 85_218) != event)
            let unmapped = try await desk.run("rotate-token", ["807", "96858"])
            #expect(unmapped.status == 1)
            #expect(unmapped.log.contains("Extension not mapped"), "\(unmapped)")

            let commandLines = try desk.commandLines()
            #expect(commandLines.contains("/mappings/import") == false, "the URL is no argument either")
            #expect(commandLines.contains("--data-binary"))
            for secret in [installation.operatorKey, Desk.secret, admin, connector, event] {
                #expect(!commandLines.contains(secret))
                for ending in [first, again, refused, rotated] where secret != admin && secret != connector {
                    #expect(!ending.output.contains(secret) && !ending.log.contains(secret))
                }
            }
            await server.program.end()
        }
    }

    @Test("what an operator gets wrong is told with what to do")
    func mistakes() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let desk = try Desk(server: server, installation: installation)
            let cases: [(arguments: [String], changes: [String: String], text: String)] = [
                (["807"], [:], "the tenant 807 is new: give --app-id"),
                (["8/7"], [:], "a tenant's id is 1 to 64"), (["807", "/nowhere.csv"], [:], "cannot be read"),
                (["807"], ["RINGBRIDGE_KEY_FILE": "/nowhere"], "the key file /nowhere cannot be read"),
                (["807"], ["RINGBRIDGE_KEY_FILE": ""], "no API key; set RINGBRIDGE_KEY_FILE"),
                (["807"], ["RINGBRIDGE_URL": "http://127.0.0.1:1"], "is RINGBRIDGE_URL right"),
                (["807"], ["RINGBRIDGE_KEY": "wrong"], "No valid API key"),
                (["807", "--app-id", "app", "--time-zone", "Mars"], [:], "There is no such time zone"),
                (["807", "--app-id", "app"], ["RINGBRIDGE_APP_SECRET": ""], "no app secret; give --app-secret-file"),
            ]
            for (arguments, changes, text) in cases {
                let ending = try await desk.run("onboard-tenant", arguments, changes: changes)
                #expect(ending.status == 1, "\(ending)")
                #expect(ending.log.contains(text), "\(ending)")
            }
            await server.program.end()
        }
    }

    /// Where an operator sits: files, environment, and a curl that notes its arguments.
    private struct Desk {
        static let secret = "secret"
        let folder: URL
        let environment: [String: String]

        struct Ending: CustomStringConvertible {
            var status: Int32
            var output: String
            var log: String
            var description: String { "\(self.status): \(self.output)\(self.log)" }

            /// The key that was printed for a role.
            func key(_ role: String) throws -> String {
                let prefix = "\(role) key, shown this once: "
                let line = try #require(self.output.split(separator: "\n").first { $0.hasPrefix(prefix) })
                return String(line.dropFirst(prefix.count))
            }
        }

        init(server: Server, installation: Installation) throws {
            let folder = installation.directory.appendingPathExtension("desk")
            self.folder = folder
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let curl = try runScript("/usr/bin/env", ["which", "curl"], root: URL(filePath: "/"))
            let noting = "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'\(folder.path)/command-lines'\nexec \(curl) \"$@\"\n"
            let program = folder.appending(path: "curl")
            try Data(noting.utf8).write(to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let keyFile = folder.appending(path: "key")
            try Data("\(installation.operatorKey)\n".utf8).write(to: keyFile)
            self.environment = [
                "PATH": "\(folder.path):" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
                "RINGBRIDGE_URL": server.url, "RINGBRIDGE_KEY_FILE": keyFile.path,
                "RINGBRIDGE_APP_SECRET": Self.secret, "LANG": "C.UTF-8",
            ]
        }

        func write(_ text: String, encoding: String.Encoding) throws -> String {
            let file = self.folder.appending(path: "\(UUID().uuidString).csv")
            try #require(text.data(using: encoding)).write(to: file)
            return file.path
        }

        func commandLines() throws -> String {
            try String(contentsOf: self.folder.appending(path: "command-lines"), encoding: .utf8)
        }

        func run(_ script: String, _ arguments: [String], changes: [String: String] = [:]) async throws -> Ending {
            let program = try BuiltProgram(
                executable: RepositoryFile.root.appending(path: "admin-scripts/\(script)"),
                arguments,
                environment: self.environment.merging(changes) { $1 }
            )
            let output = await program.remainingLines().joined(separator: "\n")
            return Ending(status: await program.exitStatus(), output: output, log: program.log)
        }
    }
}

extension PBXFixture {
    /// Requests that changed something on the PBX.
    fileprivate var writes: Int { self.pbx.requestLog.count(where: \.isWrite) }
}
