extension PBXState {
    /// How a fault bends an answer that is otherwise real.
    struct Bending: Hashable, Sendable {
        var repeatsFirstPage = false
        var shrinksListBy = 0
        /// The most rows of a page; nil for the PBX's own measure.
        var pageSize: Int?
    }

    /// The answer to a REST request, with everything the request does.
    mutating func answer(
        _ request: APIRequest,
        bending: Bending = Bending(),
        faultID: Int? = nil,
        at now: Int64
    ) -> APIAnswer {
        let resource = Resource(segments: request.segments)
        guard resource != .token else {
            let (answer, session) = issueToken(request, at: now)
            note(request, resource, session: session, status: answer.status, faultID: faultID, at: now)
            return answer
        }
        guard let session = session(of: request, at: now) else {
            note(request, resource, session: nil, status: 401, faultID: faultID, at: now)
            return .unauthorized
        }
        var answer: APIAnswer
        if let refusal = count(session, at: now) {
            answer = refusal
        } else {
            answer = route(request, resource, session: session, bending: bending, at: now)
        }
        if !request.acceptsGzip {
            violate(.gzipNotAccepted, session, at: now)
        }
        answer.headers += rateHeaders(of: session.clientID, at: now)
        note(request, resource, session: session, status: answer.status, faultID: faultID, at: now)
        return answer
    }

    /// An answer that the request gets instead of the real one, mostly from a fault. It counts against the budget like any other.
    mutating func answer(
        _ request: APIRequest,
        insteadWith replacement: APIAnswer,
        resetSeconds: Int? = nil,
        hasRateHeaders: Bool = true,
        faultID: Int? = nil,
        at now: Int64
    ) -> APIAnswer {
        let resource = Resource(segments: request.segments)
        let session = session(of: request, at: now)
        note(request, resource, session: session, status: replacement.status, faultID: faultID, at: now)
        guard let session, resource != .token else { return replacement }
        _ = count(session, at: now)
        var answer = replacement
        if let resetSeconds {
            clients[session.clientID]?.rate.refuse(for: resetSeconds, at: now)
            answer.headers += [
                FormField("X-RateLimit-Limit", String(clients[session.clientID]?.rate.limit ?? 0)),
                FormField("X-RateLimit-Remaining", "0"),
                FormField("X-RateLimit-Reset", String(resetSeconds)),
            ]
        } else if hasRateHeaders {
            answer.headers += rateHeaders(of: session.clientID, at: now)
        }
        return answer
    }

    /// Notes a request that a fault left without an answer.
    mutating func leaveUnanswered(_ request: APIRequest, faultID: Int, at now: Int64) {
        let resource = Resource(segments: request.segments)
        note(request, resource, session: session(of: request, at: now), status: nil, faultID: faultID, at: now)
    }

    /// What a fault looks at in this request.
    func subject(of request: APIRequest, at now: Int64) -> FaultScript.Subject {
        let resource = Resource(segments: request.segments)
        let session = resource == .token ? claimedSession(in: request) : session(of: request, at: now)
        return FaultScript.Subject(
            clientID: session?.clientID,
            appID: session?.appID,
            method: request.method,
            resource: resource.kind,
            extensionID: resource.extensionReference.flatMap { findExtension($0, clientID: session?.clientID) }?.id
        )
    }

    private mutating func route(
        _ request: APIRequest,
        _ resource: Resource,
        session: Session,
        bending: Bending,
        at now: Int64
    ) -> APIAnswer {
        guard let client = clients[session.clientID] else { return .notFound }
        if client.isBlocked {
            return .error(403, "User is blocked", status: "user_blocked")
        }
        if let refusal = refusal(of: resource, for: client) { return refusal }
        switch resource {
        case .token, .unknown:
            return .notFound
        case .user:
            return request.method == "GET" ? .json(user(of: session)) : .methodNotAllowed
        case .client:
            return request.method == "GET" ? .json(client.json) : .methodNotAllowed
        case .limit:
            return request.method == "GET" ? .json(limits(of: client)) : .methodNotAllowed
        case .extensions:
            return request.method == "GET"
                ? listExtensions(request, of: client, session: session, bending) : .methodNotAllowed
        case .extensionItem(_, let reference):
            guard request.method == "GET" else { return .methodNotAllowed }
            return extensionItem(reference, of: client, session: session)
        case .events(let reference):
            return answerEvents(request, reference: reference, session: session, bending, at: now)
        case .event(let reference, let id):
            return answerEvent(request, reference: reference, id: id, session: session, at: now)
        case .agents:
            return request.method == "GET" ? listAgents(of: client) : .methodNotAllowed
        case .agentEvents(_, let agent):
            return answerAgentEvents(request, agentID: agent, session: session, at: now)
        case .agentEvent(_, let agent, let id):
            return answerAgentEvent(request, agentID: agent, id: id, session: session, at: now)
        case .callHistory:
            return request.method == "GET" ? listCalls(request, of: client, bending) : .methodNotAllowed
        case .callHistoryItem(_, let callID):
            return request.method == "GET" ? callItem(callID, of: client) : .methodNotAllowed
        case .records:
            return request.method == "GET" ? listRecords(request, of: client, bending) : .methodNotAllowed
        case .recordStorage(_, _, let record):
            return request.method == "GET" ? recordStorage(record, of: client) : .methodNotAllowed
        }
    }

    /// The answer to a request for what is not this client's, or nil.
    private func refusal(of resource: Resource, for client: SimulatedClient) -> APIAnswer? {
        switch resource {
        case .token, .user, .unknown:
            return nil
        case .client(let reference), .limit(let reference), .extensions(let reference),
            .extensionItem(let reference, _), .agents(let reference), .agentEvents(let reference, _),
            .agentEvent(let reference, _, _), .callHistory(let reference), .callHistoryItem(let reference, _),
            .records(let reference):
            return refusal(ofClient: reference, for: client)
        case .events(let reference), .event(let reference, _):
            return refusal(ofExtension: reference, for: client)
        case .recordStorage(let owner, let reference, _):
            if let owner { return refusal(ofClient: owner, for: client) }
            return reference.flatMap { refusal(ofExtension: $0, for: client) }
        }
    }

    private func refusal(ofClient reference: String, for client: SimulatedClient) -> APIAnswer? {
        if reference == "@me" || reference == String(client.id) { return nil }
        guard let id = Int(reference), clients[id] != nil else {
            return .error(404, "Client not found", status: "client_not_found")
        }
        return .accessDenied
    }

    private func refusal(ofExtension reference: String, for client: SimulatedClient) -> APIAnswer? {
        guard let found = findExtension(reference, clientID: client.id) else { return .notFound }
        return found.clientID == client.id ? nil : .accessDenied
    }

    private mutating func note(
        _ request: APIRequest,
        _ resource: Resource,
        session: Session?,
        status: Int?,
        faultID: Int?,
        at now: Int64
    ) {
        let isRow = [.events, .event, .agentEvents, .agentEvent].contains(resource.kind)
        log.append(
            LoggedRequest(
                number: log.nextNumber,
                at: now,
                clientID: session?.clientID,
                appID: session?.appID,
                tokenNumber: session?.tokenNumber,
                method: request.method,
                resource: resource.kind,
                path: request.path,
                extensionID: resource.extensionReference.flatMap { findExtension($0, clientID: session?.clientID) }?.id,
                eventType: isRow ? JSONValue(parsing: request.body)?["event_type"]?.text : nil,
                status: status,
                faultID: faultID
            )
        )
    }
}
