import ArgumentParser
import Foundation
import RingmeAPI
import Storage
import Telephony

extension CallScenario: ExpressibleByArgument {}

/// `simulate call`: sends what the PBX would send of a call.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Sends a scripted call's events to the server.",
        subcommands: [Call.self]
    )

    struct Call: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Plays a call of a mapped phone, from the event URL to the call record.",
            discussion: """
                The events go to the server's own event URLs, as the PBX sends them, so the call becomes a record that \
                connectors get: use a tenant in which that does no harm. Its CallID begins with \
                \(SimulatedCall.callIDPrefix), the client's number is one of those reserved for fiction (+1 202 555 01xx), \
                and it is over when this command ends. The PBX is told nothing.

                Scenarios:
                \(CallScenario.allCases.map { "  \($0.rawValue): \($0.meaning)" }.joined(separator: "\n"))
                """
        )
        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant.")
        var tenant: String
        @Option(help: "What happens.")
        var scenario = CallScenario.incomingAnswered
        @Option(help: "Id of the mapped phone; without it the first one.")
        var phone: Int64?
        @Option(help: "Base URL of the server; without it PUBLIC_URL.")
        var url: String?
        @ArgumentParser.Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: self.common.config))
            let keyRing = values.required("MASTER_KEYS", "the event URLs are sealed with it") {
                try KeyRing(parsing: $0)
            }
            let base: String?
            if let url = self.url {
                do {
                    base = try ValueParsing.baseURL(url)
                } catch {
                    throw CommandFailure("--url: \(error)")
                }
            } else {
                base = values.required("PUBLIC_URL", "where the server is; or give --url", ValueParsing.baseURL)
            }
            guard let keyRing, let base, values.problems.isEmpty else {
                throw ConfigurationError(problems: values.problems)
            }
            let (call, tokens) = try await withDatabase(self.common) { try await self.prepare(keyRing, in: $0) }
            try await Self.send(call, tokens, to: base)
            if self.json {
                try printJSON(["call_id": call.callID, "scenario": call.scenario.rawValue])
            } else {
                print("\(call.callID): \(call.scenario.meaning)")
                print("see what became of it: ringbridge explain --tenant \(self.tenant) --call-id \(call.callID)")
            }
        }

        /// Casts the tenant's extensions, and opens their tokens.
        private func prepare(
            _ keyRing: KeyRing,
            in database: Database
        ) async throws -> (SimulatedCall, [ExtensionID: EventToken]) {
            guard let scope = try await database.system({ try await existingScope(self.tenant, in: $0) }) else {
                throw CommandFailure("--tenant is required")
            }
            let mapped = try await database.tenant(scope) { transaction in
                let mapped = Set(try await transaction.mappings.current().mappings.map(\.extensionID))
                return try await transaction.directory.list().map(\.ref).filter { mapped.contains($0.id) }
            }
            let phones = mapped.filter { $0.type == .phone && (self.phone ?? $0.id.rawValue) == $0.id.rawValue }
            guard let phone = phones.first else {
                let which = self.phone.map { "phone \($0)" } ?? "phone"
                throw CommandFailure("the tenant \"\(self.tenant)\" has no mapped \(which); map one first")
            }
            // A queue tells of missed calls as an IVR does.
            let queue = mapped.first { $0.type == .queue } ?? mapped.first { $0.type == .ivr }
            guard queue != nil || !self.scenario.needsQueue else {
                throw CommandFailure(
                    "the tenant \"\(self.tenant)\" has no mapped queue or IVR, which this scenario needs; map one first"
                )
            }
            let call = SimulatedCall(
                scenario: self.scenario,
                callID: SimulatedCall.callIDPrefix + UUID().uuidString.lowercased(),
                phone: phone,
                queue: queue,
                clientNumber: "+120255501" + String(Int.random(in: 10...99)),
                end: Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
            )
            var tokens: [ExtensionID: EventToken] = [:]
            for id in Set(call.events.map(\.extensionID)) {
                tokens[id] = try await database.system { transaction in
                    try await transaction.eventTokens.tokens(of: scope, extensionID: id, keyRing: keyRing)
                }.live
            }
            return (call, tokens)
        }

        private static func send(
            _ call: SimulatedCall,
            _ tokens: [ExtensionID: EventToken],
            to base: String
        ) async throws {
            let http = PBXHTTPClient()
            let probe = PublicURLProbe(http: http)
            var failure: CommandFailure?
            for event in call.events {
                guard let token = tokens[event.extensionID] else {
                    failure = CommandFailure(
                        "extension \(event.extensionID) has no event URL; was it unmapped just now?"
                    )
                    break
                }
                let status = await probe.post(event.fields, to: token.eventURL(publicURL: base))
                guard status == 200 else {
                    failure = CommandFailure(
                        status.map { "the server at \(base) answered \($0); is it the one of this database?" }
                            ?? "no server answers at \(base); start it, or give --url"
                    )
                    break
                }
            }
            try await http.shutdown()
            if let failure {
                throw failure
            }
        }
    }
}
