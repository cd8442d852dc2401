/// One REST request that the simulated PBX got, without anything secret: no query, no body, no token.
package struct LoggedRequest: Hashable, Sendable {
    /// Counts from 1 since the start or the last reset.
    package var number: Int
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    /// The client whose token was used, when there was a valid one.
    package var clientID: Int?
    /// The application whose token was used, when there was a valid one.
    package var appID: String?
    /// Which of the access tokens given out was used, counted from 1: a process that asks has its own. Nothing secret.
    package var tokenNumber: Int?
    /// The HTTP method.
    package var method: String
    /// What was asked for.
    package var resource: ResourceKind
    /// The path without the query.
    package var path: String
    /// The extension that the path names, when it exists.
    package var extensionID: Int?
    /// The `event_type` of a row that was to be written.
    package var eventType: String?
    /// The status of the answer, also when it never arrived because of a fault; nil when the request was not carried out.
    package var status: Int?
    /// The fault that changed the answer, if any.
    package var faultID: Int?

    /// Whether it would change something on the PBX.
    package var isWrite: Bool { method != "GET" && resource != .token }

    var json: JSONValue {
        [
            "number": .integer(number), "at": .integer(Int(at)), "client_id": JSONValue(clientID),
            "app_id": JSONValue(appID), "token_number": JSONValue(tokenNumber), "method": .string(method),
            "resource": .string(resource.rawValue), "path": .string(path), "extension_id": JSONValue(extensionID),
            "event_type": JSONValue(eventType), "status": JSONValue(status), "fault_id": JSONValue(faultID),
        ]
    }
}
