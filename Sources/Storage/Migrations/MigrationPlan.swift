/// What lies between the migrations that a database has and those that this program knows: a pure function.
package enum MigrationPlan: Hashable, Sendable {
    case upToDate
    /// These are to be applied, in this order.
    case apply([Migration])
    /// An applied migration differs from the one this program knows.
    case mismatch(version: Int32)
    /// The database has migrations that this program does not know: a newer version of it was here.
    case databaseIsNewer(version: Int32)

    /// - Parameters:
    ///   - applied: what the database has, in any order.
    ///   - known: what this program has, in order.
    package init(applied: [Migration], known: [Migration]) {
        let appliedByVersion = Dictionary(applied.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
        for migration in known {
            if let there = appliedByVersion[migration.version], there != migration {
                self = .mismatch(version: migration.version)
                return
            }
        }
        let last = known.last?.version ?? 0
        if let newest = applied.map(\.version).max(), newest > last {
            self = .databaseIsNewer(version: newest)
            return
        }
        let missing = known.filter { appliedByVersion[$0.version] == nil }
        // A gap below an applied migration can only come from somebody's hand.
        if let gap = missing.first, applied.contains(where: { $0.version > gap.version }) {
            self = .mismatch(version: gap.version)
        } else {
            self = missing.isEmpty ? .upToDate : .apply(missing)
        }
    }
}
