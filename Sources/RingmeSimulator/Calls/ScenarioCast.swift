/// Who plays a scenario: the numbers and extensions of ringme-api.md, section 12, or those of another client in their place.
struct ScenarioCast: Sendable {
    /// Plays 101.
    var first: SimulatedExtension
    /// Plays 102, the phone most scenarios are about.
    var second: SimulatedExtension
    /// Plays 103.
    var third: SimulatedExtension
    /// Plays 099.
    var ivr: SimulatedExtension
    /// Plays 887.
    var queue: SimulatedExtension
    /// Plays 888.
    var otherQueue: SimulatedExtension
    var domain: String
    var clientNumber: String
    var calledDID: String
    var mobileNumber: String
    var talk: Duration?

    /// Casts a client's extensions, by type, in the order of their names.
    ///
    /// - Throws: ``SimulatorError`` when the client has not three phones, an IVR and two queues, or no such user extension.
    init(call: ScriptedCall, client: SimulatedClient, extensions: [SimulatedExtension]) throws(SimulatorError) {
        func named(_ type: String) -> [SimulatedExtension] {
            extensions.filter { $0.type.lowercased() == type }.sorted { $0.shortName < $1.shortName }
        }
        var phones = Array(named("phone").prefix(3))
        let (routers, queues) = (named("ivr"), named("queue"))
        guard phones.count == 3, let router = routers.first, queues.count >= 2 else {
            throw .invalid("a scenario needs three phones, an IVR and two queues")
        }
        if let wanted = call.userExtension {
            guard let user = named("phone").first(where: { $0.shortName == wanted || $0.name == wanted }) else {
                throw .notFound("no such phone: \(wanted)")
            }
            if let index = phones.firstIndex(of: user) {
                phones.swapAt(1, index)
            } else {
                phones[1] = user
            }
        }
        first = phones[0]
        second = phones[1]
        third = phones[2]
        ivr = router
        queue = queues[0]
        otherQueue = queues[1]
        domain = client.domain
        clientNumber = call.clientNumber
        calledDID = call.calledDID
        mobileNumber = call.mobileNumber
        talk = call.talk
    }
}
