/// A resource of the PBX's REST API, as a path names it.
enum Resource: Hashable, Sendable {
    case token
    case user
    case client(client: String)
    case limit(client: String)
    case extensions(client: String)
    case extensionItem(client: String, extension: String)
    case events(extension: String)
    case event(extension: String, id: Int)
    case agents(client: String)
    case agentEvents(client: String, agent: Int)
    case agentEvent(client: String, agent: Int, id: Int)
    case callHistory(client: String)
    case callHistoryItem(client: String, callID: String)
    case records(client: String)
    case recordStorage(client: String?, extension: String?, record: String)
    case unknown

    /// Reads a path's parts. All resources are below `/api/ver1.0`; the token is at the root, the user at both.
    init(segments: [String]) {
        if segments == ["oauth", "token"] {
            self = .token
            return
        }
        if segments == ["user"] {
            self = .user
            return
        }
        guard segments.starts(with: ["api", "ver1.0"]) else {
            self = .unknown
            return
        }
        let rest = Array(segments.dropFirst(2))
        switch rest.first {
        case "user": self = rest.count == 1 ? .user : .unknown
        case "client": self = Resource(clientPath: Array(rest.dropFirst()))
        case "extension": self = Resource(extensionPath: Array(rest.dropFirst()))
        case .some, nil: self = .unknown
        }
    }

    private init(clientPath path: [String]) {
        guard let client = path.first else {
            self = .unknown
            return
        }
        self =
            switch Array(path.dropFirst()) {
            case let rest where rest.isEmpty: .client(client: client)
            case ["limit"]: .limit(client: client)
            case ["extension"]: .extensions(client: client)
            case ["agent", "local"]: .agents(client: client)
            case ["call_history"]: .callHistory(client: client)
            case ["record"]: .records(client: client)
            case let rest where rest.count == 2 && rest[0] == "extension":
                .extensionItem(client: client, extension: rest[1])
            case let rest where rest.count == 2 && rest[0] == "call_history":
                .callHistoryItem(client: client, callID: rest[1])
            case let rest where rest.count == 3 && rest[0] == "record" && rest[2] == "storage_url":
                .recordStorage(client: client, extension: nil, record: rest[1])
            case let rest where rest.count >= 4 && rest[0] == "agent" && rest[1] == "local":
                Resource(client: client, agentPath: Array(rest.dropFirst(2)))
            default: .unknown
            }
    }

    private init(client: String, agentPath path: [String]) {
        guard path.count >= 2, path[1] == "event", let agent = Int(path[0]) else {
            self = .unknown
            return
        }
        if path.count == 2 {
            self = .agentEvents(client: client, agent: agent)
        } else if path.count == 3, let id = Int(path[2]) {
            self = .agentEvent(client: client, agent: agent, id: id)
        } else {
            self = .unknown
        }
    }

    private init(extensionPath path: [String]) {
        if path.count == 2, path[1] == "event" {
            self = .events(extension: path[0])
        } else if path.count == 3, path[1] == "event", let id = Int(path[2]) {
            self = .event(extension: path[0], id: id)
        } else if path.count == 4, path[1] == "record", path[3] == "storage_url" {
            self = .recordStorage(client: nil, extension: path[0], record: path[2])
        } else {
            self = .unknown
        }
    }

    /// The resource without its ids.
    var kind: ResourceKind {
        switch self {
        case .token: .token
        case .user: .user
        case .client: .client
        case .limit: .limit
        case .extensions: .extensions
        case .extensionItem: .extensionItem
        case .events: .events
        case .event: .event
        case .agents: .agents
        case .agentEvents: .agentEvents
        case .agentEvent: .agentEvent
        case .callHistory: .callHistory
        case .callHistoryItem: .callHistoryItem
        case .records: .records
        case .recordStorage: .recordStorage
        case .unknown: .unknown
        }
    }

    /// The extension of the events resources, as the path names it.
    var extensionReference: String? {
        switch self {
        case .events(let reference), .event(let reference, _), .extensionItem(_, let reference): reference
        case .recordStorage(_, let reference, _): reference
        case .token, .user, .client, .limit, .extensions, .agents, .agentEvents, .agentEvent, .callHistory,
            .callHistoryItem, .records, .unknown:
            nil
        }
    }
}
