/// The faults in force, asked in the order they were added; the first that is due meets the request.
struct FaultScript: Sendable {
    /// A fault with what is left of it.
    struct Entry: Sendable {
        var id: Int
        var fault: Fault
        var skipsLeft: Int
        /// Matching requests since the last one that met it.
        var passed = 0
        var timesLeft: Int?
        var met = 0
    }

    /// What a fault looks at.
    struct Subject: Hashable, Sendable {
        var clientID: Int?
        var appID: String?
        var method: String
        var resource: ResourceKind
        var extensionID: Int?
    }

    private(set) var entries: [Entry] = []
    private var lastID = 0

    mutating func add(_ fault: Fault) -> Int {
        lastID += 1
        entries.append(Entry(id: lastID, fault: fault, skipsLeft: fault.skip, timesLeft: fault.times))
        return lastID
    }

    mutating func removeAll() {
        entries.removeAll()
    }

    mutating func remove(id: Int) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        entries.remove(at: index)
        return true
    }

    /// The fault for this request, used up by one.
    mutating func take(for subject: Subject) -> (id: Int, fault: Fault)? {
        for index in entries.indices where Self.matches(entries[index].fault, subject) {
            if entries[index].skipsLeft > 0 {
                entries[index].skipsLeft -= 1
                continue
            }
            guard entries[index].timesLeft != 0 else { continue }
            entries[index].passed += 1
            guard entries[index].passed == entries[index].fault.every else { continue }
            entries[index].passed = 0
            entries[index].timesLeft = entries[index].timesLeft.map { $0 - 1 }
            entries[index].met += 1
            return (entries[index].id, entries[index].fault)
        }
        return nil
    }

    private static func matches(_ fault: Fault, _ subject: Subject) -> Bool {
        if let clientID = fault.clientID, clientID != subject.clientID { return false }
        if let appID = fault.appID, appID != subject.appID { return false }
        if let method = fault.method, method.uppercased() != subject.method { return false }
        if let resource = fault.resource, resource != subject.resource { return false }
        if let extensionID = fault.extensionID, extensionID != subject.extensionID { return false }
        return true
    }
}
