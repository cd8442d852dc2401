import ArgumentParser
import Foundation
import Storage
import Telephony
import WebAPI

/// `explain`: why a call is as it is, or why there is none.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows the events of a call, and which rule made what of each leg.",
        discussion: "Also of a CallID that gave no call, and of an event that was not understood."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The tenant.")
    var tenant: String
    @Option(help: "The PBX's id of the call.")
    var callID: String?
    @Option(help: "The id of a call record, also of a withdrawn one.")
    var id: String?
    @Option(help: "The id of an event, as the list of problems shows it.")
    var eventID: Int64?
    @ArgumentParser.Flag(help: "Print one JSON object, the same as the HTTP interface's.")
    var json = false
    @Option(help: "ru or en; without it the tenant's language.")
    var locale: String?

    func validate() throws {
        guard [self.callID != nil, self.id != nil, self.eventID != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --call-id, --id and --event-id")
        }
        if let callID = self.callID, CallID(received: callID) == nil {
            throw ValidationError("--call-id is empty or longer than 200 bytes")
        }
        if let id = self.id, UUID(uuidString: id) == nil {
            throw ValidationError(
                "--id \(id) is not the id of a call record, for example \(UUID().uuidString.lowercased())"
            )
        }
        if let locale = self.locale, Language(rawValue: locale) == nil {
            throw ValidationError("--locale is ru or en")
        }
    }

    func run() async throws {
        let defaults = try await assemblyDefaults(self.common)
        let (tenant, found) = try await withDatabase(self.common) { database in
            let (scope, tenant) = try await database.system { transaction in
                let scope = try await existingScope(self.tenant, in: transaction)
                return (scope, try await transaction.tenants.find(TenantID(rawValue: self.tenant)))
            }
            guard let scope else { return (tenant, nil as Explanation?) }
            return (tenant, try await database.snapshot(of: scope) { try await self.explain(in: $0, defaults) })
        }
        guard let found else {
            throw CommandFailure(
                "the tenant \"\(self.tenant)\" has no such call or event; events are kept for a time only"
            )
        }
        let language = self.locale.flatMap(Language.init(rawValue:)) ?? tenant?.locale ?? .en
        if self.json {
            print(String(decoding: found.jsonDocument(in: language), as: UTF8.self))
        } else {
            print(found.report(in: language), terminator: "")
        }
    }

    private func explain(
        in transaction: TenantTransaction,
        _ defaults: AssemblyDefaults
    ) async throws -> Explanation? {
        if let eventID = self.eventID {
            return try await transaction.explain(event: eventID, defaults)
        }
        if let id = self.id.flatMap({ UUID(uuidString: $0) }) {
            guard let callID = try await transaction.callID(ofCall: id) else { return nil }
            return try await transaction.explain(callID, defaults)
        }
        guard let callID = self.callID.flatMap(CallID.init(received:)) else { return nil }
        return try await transaction.explain(callID, defaults)
    }
}
