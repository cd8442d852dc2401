import Foundation
import Storage
import Telephony
import Workers

/// Prints one tenant's replay: results to standard output, its progress to standard error.
final class ReplayReport {
    private let tenant: TenantID
    private let isDryRun: Bool
    private let asJSON: Bool
    private let clock = ContinuousClock()
    private var lastProgress: ContinuousClock.Instant

    init(tenant: TenantID, isDryRun: Bool, asJSON: Bool) {
        self.tenant = tenant
        self.isDryRun = isDryRun
        self.asJSON = asJSON
        self.lastProgress = self.clock.now
    }

    /// One difference of a dry run.
    func show(_ difference: CallDifference) throws {
        if self.asJSON {
            try printLine(DifferenceLine(difference, tenant: self.tenant))
        } else {
            print("\(self.tenant) \(Self.text(of: difference))")
        }
    }

    /// What a real run tells.
    func note(_ news: Replay.News) {
        switch news {
        case .began(let run) where run.tally.examined > 0:
            printError(
                "\(self.tenant): going on with the replay of \(run.startedAt.rfc3339), "
                    + "\(run.tally.examined) CallIDs are done (--restart begins anew)"
            )
        case .began: break
        case .failed(let callID, let error):
            printError("\(self.tenant): \(callID) could not be written and is passed over: \(error)")
        case .advanced(let run):
            guard run.isFinished || self.clock.now - self.lastProgress > .seconds(2) else { return }
            self.lastProgress = self.clock.now
            let changes = run.tally.added + run.tally.changed + run.tally.withdrawn
            printError("\(self.tenant): \(run.tally.examined) CallIDs examined, \(changes) records differ")
        }
    }

    func summarize(_ tally: ReplayTally, of name: String) {
        print(Self.summary(tally, of: name, isDryRun: self.isDryRun))
    }

    /// The last line of the output.
    static func conclude(_ tally: ReplayTally, tenants: [TenantID], isDryRun: Bool, asJSON: Bool) throws {
        if asJSON {
            try printLine(SummaryLine(summary: .init(tally, tenants: tenants, isDryRun: isDryRun)))
        } else {
            let name = tenants.count == 1 ? tenants[0].rawValue : "\(tenants.count) tenants"
            print(Self.summary(tally, of: name, isDryRun: isDryRun))
        }
    }

    private static func summary(_ tally: ReplayTally, of name: String, isDryRun: Bool) -> String {
        "\(name): \(tally.examined) CallIDs examined; records: \(tally.added) new, \(tally.changed) changed, "
            + "\(tally.withdrawn) withdrawn, \(tally.unchanged) unchanged"
            + (tally.failed > 0 ? "; \(tally.failed) CallIDs failed" : "")
            + (isDryRun ? " (dry run: nothing was written)" : "")
    }

    private static func text(of difference: CallDifference) -> String {
        let record = difference.record
        let place = "\(record.callID) \(difference.id?.uuidString.lowercased() ?? "-") rule \(record.rule)"
        switch difference.kind {
        case .new:
            return "+ new: \(place): \(Self.text(of: record))"
        case .changed:
            let fields = difference.fields.map { "\($0.name): \($0.old ?? "-") -> \($0.new ?? "-")" }
            return "~ changed: \(place): " + fields.joined(separator: ", ")
        case .withdrawn:
            return "- withdrawn: \(place): \(Self.text(of: record))"
        }
    }

    private static func text(of record: CallRecord) -> String {
        "\(record.direction.rawValue) \(record.status.rawValue), \(record.extensionRef.name), "
            + "client \(record.clientNumber ?? "-"), \(record.startedAt.rfc3339)"
    }
}

/// A difference as JSON.
private struct DifferenceLine: Encodable {
    struct Values: Encodable {
        var old: String?
        var new: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self.old, forKey: .old)
            try container.encode(self.new, forKey: .new)
        }

        enum CodingKeys: CodingKey { case old, new }
    }

    var tenant: String
    var kind: String
    var callID: String
    var id: String?
    var rule: String
    var fields: [String: Values]

    init(_ difference: CallDifference, tenant: TenantID) {
        self.tenant = tenant.rawValue
        self.kind = difference.kind.rawValue
        self.callID = difference.record.callID.rawValue
        self.id = difference.id?.uuidString.lowercased()
        self.rule = difference.record.rule
        self.fields = Dictionary(
            difference.fields.map { ($0.name, Values(old: $0.old, new: $0.new)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    enum CodingKeys: String, CodingKey {
        case tenant, kind, id, rule, fields
        case callID = "call_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.tenant, forKey: .tenant)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.callID, forKey: .callID)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.rule, forKey: .rule)
        try container.encode(self.fields, forKey: .fields)
    }
}

/// The summary as JSON.
private struct SummaryLine: Encodable {
    struct Summary: Encodable {
        var tenants: [String]
        var examined: Int
        var new: Int
        var changed: Int
        var withdrawn: Int
        var unchanged: Int
        var failed: Int
        var dryRun: Bool

        init(_ tally: ReplayTally, tenants: [TenantID], isDryRun: Bool) {
            self.tenants = tenants.map(\.rawValue)
            self.examined = tally.examined
            self.new = tally.added
            self.changed = tally.changed
            self.withdrawn = tally.withdrawn
            self.unchanged = tally.unchanged
            self.failed = tally.failed
            self.dryRun = isDryRun
        }

        enum CodingKeys: String, CodingKey {
            case tenants, examined, new, changed, withdrawn, unchanged, failed
            case dryRun = "dry_run"
        }
    }

    var summary: Summary
}

/// Prints a value as JSON on one line.
func printLine(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
