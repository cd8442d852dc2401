extension SimulatedPBX {
    /// The number of the standard client unless another is asked for.
    package static let standardClientID = 10_500

    /// Creates the standard client: phones 101 (85218), 102 (85219), 103 (85220), IVR 099 (96850), queues 887 (96857) and
    /// 888 (96858), agents 136 (at 101) and 137 (at 102).
    ///
    /// `idOffset` is added to all these numbers, so that a second such client fits beside the first.
    ///
    /// - Returns: The client.
    /// - Throws: ``SimulatorError`` when the client, the application or one of the numbers exists already.
    @discardableResult
    package func seedStandardClient(
        appID: String,
        appSecret: String,
        clientID: Int = standardClientID,
        prefix: String = "2566",
        idOffset: Int = 0,
        limitPerHour: Int = 1000
    ) throws(SimulatorError) -> SimulatedClient {
        let client = SimulatedClient(
            id: clientID,
            prefix: prefix,
            appID: appID,
            appSecret: appSecret,
            limitPerHour: limitPerHour
        )
        let standard: [(id: Int, name: String, type: String, label: String)] = [
            (85218, "101", "phone", "Пукин Васисуалий Карлович"), (85219, "102", "phone", "Отдел продаж"),
            (85220, "103", "phone", "Поддержка"), (96850, "099", "ivr", "Голосовое меню"),
            (96857, "887", "queue", "Очередь продаж"), (96858, "888", "queue", "Очередь поддержки"),
        ]
        let added = standard.map { entry in
            SimulatedExtension(
                id: entry.id + idOffset,
                clientID: clientID,
                name: "\(prefix)*\(entry.name)",
                type: entry.type,
                label: entry.label
            )
        }
        let agents = [(136, "101"), (137, "102")].map { id, name in
            SimulatedAgent(id: id + idOffset, clientID: clientID, extensionName: "\(prefix)*\(name)")
        }
        try withState { (state) throws(SimulatorError) in
            guard added.allSatisfy({ state.extensions[$0.id] == nil }),
                agents.allSatisfy({ state.agents[$0.id] == nil })
            else {
                throw .conflict("the standard extensions exist already; another id offset is needed")
            }
            try state.add(client)
            for row in added { state.extensions[row.id] = row }
            for row in agents { state.agents[row.id] = row }
        }
        return client
    }

    /// Adds a client.
    ///
    /// - Throws: ``SimulatorError`` when its number or its application exists already.
    package func addClient(_ client: SimulatedClient) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in try state.add(client) }
    }

    /// Adds a trusted application to a client, or gives it a new secret.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func addApplication(appID: String, appSecret: String, clientID: Int) throws(SimulatorError) {
        try change(clientID: clientID) { $0.applications[appID] = appSecret }
    }

    /// Revokes an application: its tokens and its credentials are refused from now on.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func removeApplication(appID: String, clientID: Int) throws(SimulatorError) {
        try change(clientID: clientID) { $0.applications[appID] = nil }
    }

    /// Blocks a client (403 `user_blocked` to everything) or lets it in again.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func setBlocked(_ isBlocked: Bool, clientID: Int) throws(SimulatorError) {
        try change(clientID: clientID) { $0.isBlocked = isBlocked }
    }

    /// Changes a client's hourly budget, and the length of its hour when a test has none.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func setRateLimit(_ limit: Int, seconds: Int = 3600, clientID: Int) throws(SimulatorError) {
        try change(clientID: clientID) { client in
            client.rate.limit = limit
            client.rate.seconds = seconds
        }
    }

    /// Uses up part of a client's budget, as its other applications do.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func consumeBudget(_ requests: Int, clientID: Int) throws(SimulatorError) {
        let now = now
        try change(clientID: clientID) { $0.rate.consume(requests, at: now) }
    }

    /// Makes all tokens of a client (nil: of all clients) invalid before their time.
    package func expireTokens(clientID: Int? = nil) {
        withState { state in
            if let clientID {
                state.expireTokens(of: clientID)
            } else {
                state.tokens.removeAll()
            }
        }
    }

    /// Adds an extension, or replaces the one with its number (type, label, status and limit may change so).
    ///
    /// - Throws: ``SimulatorError`` when there is no such client, or the number is another client's.
    package func addExtension(_ added: SimulatedExtension) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.clients[added.clientID] != nil else { throw .notFound("no such client: \(added.clientID)") }
            guard state.extensions[added.id].map({ $0.clientID == added.clientID }) ?? true else {
                throw .conflict("the extension belongs to another client: \(added.id)")
            }
            state.extensions[added.id] = added
        }
    }

    /// Changes an extension's type, as its owner does in the cabinet. Rows that the new type cannot have stay.
    ///
    /// - Throws: ``SimulatorError`` when there is no such extension.
    package func setType(_ type: String, extensionID: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.extensions[extensionID] != nil else { throw .notFound("no such extension: \(extensionID)") }
            state.extensions[extensionID]?.type = type
        }
    }

    /// Removes an extension with all its event rows, as its owner does in the cabinet.
    ///
    /// - Throws: ``SimulatorError`` when there is no such extension.
    package func removeExtension(_ id: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.removeExtension(id) else { throw .notFound("no such extension: \(id)") }
        }
    }

    /// Adds a queue agent, or replaces the one with its number.
    ///
    /// - Throws: ``SimulatorError`` when there is no such client.
    package func addAgent(_ agent: SimulatedAgent) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.clients[agent.clientID] != nil else { throw .notFound("no such client: \(agent.clientID)") }
            state.agents[agent.id] = agent
        }
    }

    /// Removes a queue agent with its event rows.
    ///
    /// - Throws: ``SimulatorError`` when there is no such agent.
    package func removeAgent(_ id: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.agents.removeValue(forKey: id) != nil else { throw .notFound("no such agent: \(id)") }
            state.agentEvents = state.agentEvents.filter { $0.value.extensionID != id }
        }
    }

    private func change(
        clientID: Int,
        _ body: (inout SimulatedClient) -> Void
    ) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard var client = state.clients[clientID] else { throw .notFound("no such client: \(clientID)") }
            body(&client)
            state.clients[clientID] = client
        }
    }
}

extension PBXState {
    /// Adds a client whose number and applications are new.
    mutating func add(_ client: SimulatedClient) throws(SimulatorError) {
        guard clients[client.id] == nil else { throw .conflict("the client exists already: \(client.id)") }
        let taken = clients.values.contains { other in
            client.applications.keys.contains { other.applications[$0] != nil }
        }
        guard !taken else { throw .conflict("the application exists already") }
        clients[client.id] = client
    }
}
