/// What a request is for: a word for errors, logs and metrics.
package enum PBXOperation: String, Sendable, Hashable, CaseIterable {
    case token
    case currentUser = "current_user"
    case listExtensions = "list_extensions"
    case getExtension = "get_extension"
    case listEvents = "list_events"
    case createEvent = "create_event"
    case updateEvent = "update_event"
    case deleteEvent = "delete_event"
    case listAgents = "list_agents"
    case listAgentEvents = "list_agent_events"
    case createAgentEvent = "create_agent_event"
    case updateAgentEvent = "update_agent_event"
    case deleteAgentEvent = "delete_agent_event"
    case limit
    case callHistory = "call_history"
    case recordingURL = "recording_url"
}

/// What a request does.
enum PBXMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// One request to the REST API.
struct PBXRequest: Sendable {
    var operation: PBXOperation
    var method = PBXMethod.get
    /// Below `/api/ver1.0`. Collections end in a slash, single objects do not.
    var path: String
    var query: [(name: String, value: String)] = []
    /// A JSON body.
    var body: [UInt8]?
    /// Texts that an error's message must not repeat: the event URL of the body.
    var secrets: [String] = []

    /// Whether the PBX makes something new: repeated blindly, the request would make it twice.
    var isCreating: Bool { self.method == .post }

    /// The path with its query.
    var target: String {
        guard !self.query.isEmpty else { return self.path }
        return self.path + "?" + formEncoded(self.query)
    }
}

/// A part of a path that came from outside, or nil when it cannot be one: empty, too long, or made of dots.
///
/// - Parameter text: an id.
/// - Returns: the text with every character escaped that is not unreserved (RFC 3986) or `@`.
func pathComponent(_ text: String) -> String? {
    guard !text.isEmpty, text.utf8.count <= 200, !text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") }) else { return nil }
    return percentEncoded(text) { $0 == UInt8(ascii: "@") }
}

/// Names and values as `application/x-www-form-urlencoded`.
///
/// - Parameter fields: the pairs, in order.
/// - Returns: ASCII text, also fit for a query.
func formEncoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { percentEncoded($0.name) { _ in false } + "=" + percentEncoded($0.value) { _ in false } }
        .joined(separator: "&")
}

private func percentEncoded(_ text: String, except isAllowed: (UInt8) -> Bool) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.append(byte)
        case let byte where isAllowed(byte):
            encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            for digit in [byte >> 4, byte & 0xF] {
                encoded.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
            }
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
