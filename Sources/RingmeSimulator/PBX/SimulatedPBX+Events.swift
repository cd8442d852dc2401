extension SimulatedPBX {
    /// The rows of an extension in the order of their numbers; empty when there is no such extension.
    package func events(of extensionID: Int) -> [SimulatedEvent] {
        withState { $0.rows(of: extensionID) }
    }

    /// The rows of an agent in the order of their numbers.
    package func agentEvents(of agentID: Int) -> [SimulatedEvent] {
        withState { $0.rows(ofAgent: agentID) }
    }

    /// Adds a row as another integration or a person in the cabinet does. The limit does not stop it.
    ///
    /// - Throws: ``SimulatorError`` when there is no such extension.
    @discardableResult
    package func addForeignEvent(
        extensionID: Int,
        url: String,
        eventType: String = "hangup",
        method: String = "POST"
    ) throws(SimulatorError) -> SimulatedEvent {
        try addEvent(extensionID: extensionID, url: url, eventType: eventType, method: method, owner: .foreign)
    }

    /// Adds a row to an agent as another integration or a person in the cabinet does.
    ///
    /// - Throws: ``SimulatorError`` when there is no such agent.
    @discardableResult
    package func addForeignAgentEvent(
        agentID: Int,
        url: String,
        eventType: String = "agent-login",
        method: String = "POST"
    ) throws(SimulatorError) -> SimulatedEvent {
        try withState { (state) throws(SimulatorError) in
            guard state.agents[agentID] != nil else { throw .notFound("no such agent: \(agentID)") }
            let row = SimulatedEvent(
                id: state.nextEventID(),
                extensionID: agentID,
                eventType: eventType,
                url: url,
                method: method,
                owner: .foreign
            )
            state.agentEvents[row.id] = row
            return row
        }
    }

    /// Adds a row as the application itself could have done before: for what a lost database or a crash leaves behind.
    ///
    /// - Throws: ``SimulatorError`` when there is no such extension.
    @discardableResult
    package func addEvent(
        extensionID: Int,
        url: String,
        eventType: String,
        method: String = "POST",
        owner: SimulatedEvent.Owner
    ) throws(SimulatorError) -> SimulatedEvent {
        try withState { (state) throws(SimulatorError) in
            guard state.extensions[extensionID] != nil else { throw .notFound("no such extension: \(extensionID)") }
            let row = SimulatedEvent(
                id: state.nextEventID(),
                extensionID: extensionID,
                eventType: eventType,
                url: url,
                method: method,
                owner: owner
            )
            state.events[row.id] = row
            return row
        }
    }

    /// Changes a row, as the integration that made it or a person in the cabinet does; nil leaves a field as it is.
    ///
    /// - Throws: ``SimulatorError`` when there is no such row.
    @discardableResult
    package func changeEvent(
        _ id: Int,
        url: String? = nil,
        eventType: String? = nil,
        method: String? = nil,
        owner: SimulatedEvent.Owner? = nil
    ) throws(SimulatorError) -> SimulatedEvent {
        try withState { (state) throws(SimulatorError) in
            guard var row = state.events[id] else { throw .notFound("no such event: \(id)") }
            row.url = url ?? row.url
            row.eventType = eventType ?? row.eventType
            row.method = method ?? row.method
            row.owner = owner ?? row.owner
            state.events[id] = row
            return row
        }
    }

    /// Removes a row of an extension or of an agent, as a person in the cabinet does.
    ///
    /// - Throws: ``SimulatorError`` when there is no such row.
    package func removeEvent(_ id: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard (state.events.removeValue(forKey: id) ?? state.agentEvents.removeValue(forKey: id)) != nil else {
                throw .notFound("no such event: \(id)")
            }
        }
    }

    /// Removes the rows that an application (nil: any) made on an extension, as an administrator in the cabinet does.
    ///
    /// - Returns: The rows removed; foreign rows are never among them.
    @discardableResult
    package func removeOwnEvents(of extensionID: Int, madeBy appID: String? = nil) -> [SimulatedEvent] {
        withState { $0.removeOwnRows(of: extensionID, madeBy: appID) }
    }

    /// Sets how many rows the PBX allows on an extension. Rows beyond it stay.
    ///
    /// - Throws: ``SimulatorError`` when there is no such extension.
    package func setEventLimit(_ limit: Int, extensionID: Int) throws(SimulatorError) {
        try withState { (state) throws(SimulatorError) in
            guard state.extensions[extensionID] != nil else { throw .notFound("no such extension: \(extensionID)") }
            state.extensions[extensionID]?.eventLimit = limit
        }
    }
}
