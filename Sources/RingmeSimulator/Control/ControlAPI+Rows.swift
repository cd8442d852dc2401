extension ControlAPI {
    /// `/_sim/extensions/{id}/events`: what others do to the rows of an extension. GET lists; POST adds one, foreign unless
    /// `app_id` says whose it is; DELETE removes those that applications made. Below it one row: PUT changes, DELETE removes it.
    func answerRows(
        _ method: String,
        _ path: [String],
        _ body: ControlBody,
        of extensionID: Int
    ) throws -> APIAnswer {
        switch (method, path.count) {
        case ("GET", 0):
            return .json(.array(pbx.events(of: extensionID).map(Self.row)))
        case ("POST", 0):
            let row = try pbx.addEvent(
                extensionID: extensionID,
                url: try body.text("url"),
                eventType: try body.text("event_type", default: "hangup"),
                method: try body.text("method", default: "POST"),
                owner: try Self.owner(body) ?? .foreign
            )
            return .json(Self.row(row), status: 201)
        case ("DELETE", 0):
            let removed = pbx.removeOwnEvents(of: extensionID, madeBy: try body.optionalText("app_id"))
            return .json(["removed": .integer(removed.count)])
        case ("PUT", 1):
            let row = try pbx.changeEvent(
                try id(path[0], of: extensionID),
                url: try body.optionalText("url"),
                eventType: try body.optionalText("event_type"),
                method: try body.optionalText("method"),
                owner: try Self.owner(body)
            )
            return .json(Self.row(row))
        case ("DELETE", 1):
            try pbx.removeEvent(try id(path[0], of: extensionID))
            return .noContent
        default:
            return .notFound
        }
    }

    /// The number of a row that the extension has.
    private func id(_ text: String, of extensionID: Int) throws(SimulatorError) -> Int {
        guard let id = Int(text), pbx.events(of: extensionID).contains(where: { $0.id == id }) else {
            throw .notFound("no such event: \(text)")
        }
        return id
    }

    private static func owner(_ body: ControlBody) throws(SimulatorError) -> SimulatedEvent.Owner? {
        if body.value["foreign"]?.truth == true { return .foreign }
        return try body.optionalText("app_id").map(SimulatedEvent.Owner.application)
    }

    static func row(_ event: SimulatedEvent) -> JSONValue {
        var members = event.json.members ?? [:]
        members["foreign"] = .bool(event.owner == .foreign)
        return .object(members)
    }
}
