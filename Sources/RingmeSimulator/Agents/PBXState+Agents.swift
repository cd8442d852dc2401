extension PBXState {
    private static let agentEventTypes: Set = ["agent-login", "agent-logout"]

    /// `GET /client/{id}/agent/local/`: an array, or 404 when the client has no agents.
    func listAgents(of client: SimulatedClient) -> APIAnswer {
        let rows = agents.values.filter { $0.clientID == client.id }.sorted { $0.id < $1.id }
        return rows.isEmpty ? .notFound : .json(.array(rows.map { $0.json(domain: client.domain) }))
    }

    /// `/client/{id}/agent/local/{agent}/event/`: GET lists, POST adds a row, DELETE wipes all.
    mutating func answerAgentEvents(
        _ request: APIRequest,
        agentID: Int,
        session: Session,
        at now: Int64
    ) -> APIAnswer {
        guard let agent = agents[agentID], agent.clientID == session.clientID else { return .notFound }
        switch request.method {
        case "GET":
            return .json(.array(rows(ofAgent: agent.id).map(\.json)))
        case "POST":
            switch Self.readRow(request, on: "agent", allowed: Self.agentEventTypes) {
            case .refused(let answer):
                return answer
            case .accepted(let content):
                let row = SimulatedEvent(
                    id: nextEventID(),
                    extensionID: agent.id,
                    eventType: content.eventType,
                    url: content.url,
                    method: content.method,
                    owner: .application(session.appID)
                )
                agentEvents[row.id] = row
                return .json(row.json, status: 201)
            }
        case "DELETE":
            violate(.bulkDelete, session, at: now)
            agentEvents = agentEvents.filter { $0.value.extensionID != agent.id }
            return .noContent
        default:
            return .methodNotAllowed
        }
    }

    /// `/client/{id}/agent/local/{agent}/event/{event}`: GET, PUT and DELETE of one row.
    mutating func answerAgentEvent(
        _ request: APIRequest,
        agentID: Int,
        id: Int,
        session: Session,
        at now: Int64
    ) -> APIAnswer {
        guard let agent = agents[agentID], agent.clientID == session.clientID,
            let row = agentEvents[id], row.extensionID == agent.id
        else { return .notFound }
        let isForeign = row.owner != .application(session.appID)
        switch request.method {
        case "GET":
            return .json(row.json)
        case "PUT":
            switch Self.readRow(request, on: "agent", allowed: Self.agentEventTypes) {
            case .refused(let answer):
                return answer
            case .accepted(let content):
                if isForeign { violate(.foreignRowTouched, session, eventID: id, at: now) }
                agentEvents[id]?.url = content.url
                agentEvents[id]?.eventType = content.eventType
                agentEvents[id]?.method = content.method
                return .json((agentEvents[id] ?? row).json)
            }
        case "DELETE":
            if isForeign { violate(.foreignRowTouched, session, eventID: id, at: now) }
            agentEvents[id] = nil
            return .noContent
        default:
            return .methodNotAllowed
        }
    }

    /// Changes an agent's status. Only a real change makes an event: its fields, or nil.
    mutating func setStatus(_ status: String, ofAgent agentID: Int) -> [FormField]? {
        guard let agent = agents[agentID], agent.status != status else { return nil }
        agents[agentID]?.status = status
        let domain = clients[agent.clientID]?.domain ?? ""
        return [
            FormField("agent_status", status), FormField("agent_type", "local"), FormField("event_source", "api"),
            FormField("agent_id", String(agent.id)), FormField("extension_name", agent.extensionName + "@" + domain),
        ]
    }
}
