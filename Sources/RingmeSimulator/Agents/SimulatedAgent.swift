/// A local queue agent of the simulated PBX.
package struct SimulatedAgent: Hashable, Sendable {
    /// The PBX's number of the agent.
    package var id: Int
    /// The client it belongs to.
    package var clientID: Int
    /// `prefix*name` of the phone where the agent takes calls.
    package var extensionName: String
    /// `available` or `logged_out`.
    package var status: String

    /// Creates an agent that is logged out.
    package init(id: Int, clientID: Int, extensionName: String, status: String = "logged_out") {
        self.id = id
        self.clientID = clientID
        self.extensionName = extensionName
        self.status = status
    }

    func json(domain: String) -> JSONValue {
        [
            "id": .integer(id), "extension_name": .string(extensionName + "@" + domain), "status": .string(status),
            "type": "local",
        ]
    }
}
