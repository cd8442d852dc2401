/// Something that an integration must never do and did.
package struct Violation: Hashable, Sendable {
    /// The rule that was broken.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// PUT or DELETE of a row that this application did not make.
        case foreignRowTouched = "foreign_row_touched"
        /// DELETE of all rows of an extension.
        case bulkDelete = "bulk_delete"
        /// A row for an extension, event type and URL that the same application already has there.
        case duplicateCreated = "duplicate_created"
        /// A row of a type that does not exist, or not on an extension of the type that the application was last shown.
        case wrongEventType = "wrong_event_type"
        /// A request although the PBX had said that nothing was left, or before the Reset it had named was over.
        case budgetExceeded = "budget_exceeded"
        /// Two writes to one extension's rows at one time: runs overlapped.
        case overlappingWrites = "overlapping_writes"
        /// A request without `Accept-Encoding: gzip`, which the vendor declares mandatory.
        case gzipNotAccepted = "gzip_not_accepted"
    }

    /// The rule that was broken.
    package var kind: Kind
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    /// The client whose token was used.
    package var clientID: Int
    /// The application whose token was used.
    package var appID: String
    /// The extension concerned, when there is one.
    package var extensionID: Int?
    /// The row concerned, when there is one.
    package var eventID: Int?

    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "at": .integer(Int(at)), "client_id": .integer(clientID),
            "app_id": .string(appID), "extension_id": JSONValue(extensionID), "event_id": JSONValue(eventID),
        ]
    }
}
