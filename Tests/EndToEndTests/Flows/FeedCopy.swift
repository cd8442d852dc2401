import Foundation

/// One entry of the change feed.
struct FeedEntry: Hashable, Sendable, Decodable {
    enum Op: String, Decodable { case upsert, delete }

    var seq: Int64
    var op: Op
    var id: String
    var version: Int32
    var content: CallContent

    enum CodingKeys: CodingKey { case seq, op, call }
    enum CallKeys: CodingKey { case id, version }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.seq = try container.decode(Int64.self, forKey: .seq)
        self.op = try container.decode(Op.self, forKey: .op)
        let call = try container.nestedContainer(keyedBy: CallKeys.self, forKey: .call)
        self.id = try call.decode(String.self, forKey: .id)
        self.version = try call.decode(Int32.self, forKey: .version)
        self.content = try container.decode(CallContent.self, forKey: .call)
    }

    /// The entry that the feed has for a stored record.
    init(_ row: StoredCallRow) {
        self.seq = row.seq
        self.op = row.isWithdrawn ? .delete : .upsert
        self.id = row.id
        self.version = row.version
        self.content = row.content
    }
}

/// A connector's copy of a tenant's calls: what the feed has said, applied in its order.
struct FeedCopy: Sendable {
    /// The calls that are there, by id.
    private(set) var calls: [String: CallContent] = [:]
    /// The last entry of each call, also of those that went.
    private(set) var latest: [String: FeedEntry] = [:]
    /// Everything that was applied.
    private(set) var entries: [FeedEntry] = []
    /// Breaches of the feed's promises.
    private(set) var breaches: [String] = []

    /// Of the last entry.
    var seq: Int64 { self.entries.last?.seq ?? 0 }

    mutating func apply(_ entry: FeedEntry) {
        if entry.seq <= self.seq {
            self.breaches.append("seq \(entry.seq) came after \(self.seq)")
        }
        if let known = self.latest[entry.id]?.version, entry.version <= known {
            self.breaches.append("version \(entry.version) of \(entry.id) came after \(known)")
        }
        self.entries.append(entry)
        self.latest[entry.id] = entry
        switch entry.op {
        case .upsert: self.calls[entry.id] = entry.content
        case .delete: self.calls[entry.id] = nil
        }
    }
}
