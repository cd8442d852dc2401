package import Telephony

/// Whose events the PBX sends, and so who has event rows there: an extension, or an agent of the client's queues.
package protocol EventSender: Sendable {
    /// What requests for its rows are called.
    static var operations: EventOperations { get }

    /// Where its rows are, below `/api/ver1.0`.
    ///
    /// - Parameters:
    ///   - client: whose PBX it is on.
    ///   - operation: what the path is for.
    /// - Returns: the path of the collection; it ends in a slash.
    /// - Throws: `invalidRequest` when there is none.
    func eventPath(of client: RingmeClient, for operation: PBXOperation) throws(PBXError) -> String
}

/// What requests for event rows are called.
package struct EventOperations: Hashable, Sendable {
    package let list: PBXOperation
    package let create: PBXOperation
    package let update: PBXOperation
    package let delete: PBXOperation
}

extension ExtensionID: EventSender {
    package static var operations: EventOperations {
        EventOperations(list: .listEvents, create: .createEvent, update: .updateEvent, delete: .deleteEvent)
    }

    package func eventPath(of client: RingmeClient, for operation: PBXOperation) -> String {
        "/extension/\(self.rawValue)/event/"
    }
}

extension AgentID: EventSender {
    package static var operations: EventOperations {
        EventOperations(
            list: .listAgentEvents,
            create: .createAgentEvent,
            update: .updateAgentEvent,
            delete: .deleteAgentEvent
        )
    }

    package func eventPath(of client: RingmeClient, for operation: PBXOperation) throws(PBXError) -> String {
        try client.clientPath("/agent/local/\(self.rawValue)/event/", for: operation)
    }
}
