/// The migrations of the database schema, embedded in the binary.
///
/// A file name's first digit becomes `_` in the name of its embedded bytes, so numbers have four digits with a leading 0;
/// a test proves that this list is the folder's listing.
package enum Schema {
    /// One file of `sql/migrations`.
    package struct File: Sendable {
        /// Position in the sequence; without gaps, from 1.
        package let version: Int32
        /// File name without number and ending, e.g. `tenants`.
        package let name: String
        /// The SQL text in UTF-8.
        package let bytes: [UInt8]

        package init(version: Int32, name: String, bytes: [UInt8]) {
            self.version = version
            self.name = name
            self.bytes = bytes
        }
    }

    /// All migrations in the order in which they are applied.
    package static let migrations: [File] = [
        File(version: 1, name: "tenants", bytes: PackageResources._001_tenants_sql),
        File(version: 2, name: "mappings", bytes: PackageResources._002_mappings_sql),
        File(version: 3, name: "events", bytes: PackageResources._003_events_sql),
        File(version: 4, name: "calls", bytes: PackageResources._004_calls_sql),
        File(version: 5, name: "connectors", bytes: PackageResources._005_connectors_sql),
        File(version: 6, name: "retention", bytes: PackageResources._006_retention_sql),
        File(version: 7, name: "replays", bytes: PackageResources._007_replays_sql),
        File(version: 8, name: "agents", bytes: PackageResources._008_agents_sql),
        File(version: 9, name: "recordings", bytes: PackageResources._009_recordings_sql),
        File(version: 10, name: "reconcile", bytes: PackageResources._010_reconcile_sql),
        File(version: 11, name: "inquiries", bytes: PackageResources._011_inquiries_sql),
        File(version: 12, name: "turns", bytes: PackageResources._012_turns_sql),
        File(version: 13, name: "administration", bytes: PackageResources._013_administration_sql),
        File(version: 14, name: "live", bytes: PackageResources._014_live_sql),
        File(version: 15, name: "isolation", bytes: PackageResources._015_isolation_sql),
    ]
}
