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
