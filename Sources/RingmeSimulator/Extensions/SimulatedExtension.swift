/// An extension of the simulated PBX.
package struct SimulatedExtension: Hashable, Sendable {
    /// The PBX's number of the extension.
    package var id: Int
    /// The client it belongs to.
    package var clientID: Int
    /// `prefix*name`, the form that the vendor calls the main one.
    package var name: String
    /// `phone`, `ivr`, `queue`, `fax` or what else a test wants.
    package var type: String
    /// The display name.
    package var label: String
    /// `active` or `blocked`.
    package var status: String
    /// How many event rows the PBX allows on it; the standard allowance is 16.
    package var eventLimit: Int

    /// Creates an extension.
    package init(
        id: Int,
        clientID: Int,
        name: String,
        type: String,
        label: String = "",
        status: String = "active",
        eventLimit: Int = 16
    ) {
        self.id = id
        self.clientID = clientID
        self.name = name
        self.type = type
        self.label = label
        self.status = status
        self.eventLimit = eventLimit
    }

    /// The name without the prefix: `102`.
    package var shortName: String {
        name.split(separator: "*").last.map(String.init) ?? name
    }

    /// The name with the domain, as events carry it: `2566*102@sipproxy.telphin.ru`.
    func fullName(domain: String) -> String { name + "@" + domain }

    func json(domain: String) -> JSONValue {
        [
            "id": .integer(id), "client_id": .integer(clientID), "name": .string(name), "domain": .string(domain),
            "type": .string(type), "label": .string(label), "status": .string(status), "extension_group_id": nil,
            "caller_id_name": .string(label), "public_caller_id_number": nil, "dial_rule_id": nil,
            "extra_params": "null", "create_date": "2024-03-01 09:00:00",
        ]
    }
}
