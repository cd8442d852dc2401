extension ControlAPI {
    /// `POST /_sim/seed {app_id, app_secret, client_id?, prefix?, id_offset?, limit_per_hour?}`: the standard client.
    func seed(_ body: ControlBody) throws -> APIAnswer {
        let client = try pbx.seedStandardClient(
            appID: try body.text("app_id"),
            appSecret: try body.text("app_secret"),
            clientID: try body.whole("client_id", default: SimulatedPBX.standardClientID),
            prefix: try body.text("prefix", default: "2566"),
            idOffset: try body.whole("id_offset", default: 0),
            limitPerHour: try body.whole("limit_per_hour", default: 1000)
        )
        return .json(
            [
                "client_id": .integer(client.id), "prefix": .string(client.prefix),
                "extensions": .array(pbx.extensions(of: client.id).map { $0.json(domain: client.domain) }),
            ],
            status: 201
        )
    }

    /// `/_sim/clients`: POST adds one; below one: `extensions`, `applications`, `limit`, `consume`, `expire_tokens`, `block`.
    func answerClients(_ method: String, _ path: [String], _ body: ControlBody) throws -> APIAnswer {
        if path.isEmpty, method == "POST" {
            let client = SimulatedClient(
                id: try body.whole("client_id"),
                prefix: try body.text("prefix"),
                appID: try body.text("app_id"),
                appSecret: try body.text("app_secret"),
                limitPerHour: try body.whole("limit_per_hour", default: 1000)
            )
            try pbx.addClient(client)
            return .json(client.json, status: 201)
        }
        guard path.count >= 2, let clientID = Int(path[0]) else { return .notFound }
        switch (method, path[1], path.count) {
        case ("POST", "extensions", 2):
            return try addExtensions(body, clientID: clientID)
        case ("POST", "applications", 2):
            try pbx.addApplication(
                appID: try body.text("app_id"),
                appSecret: try body.text("app_secret"),
                clientID: clientID
            )
            return .noContent
        case ("DELETE", "applications", 3):
            try pbx.removeApplication(appID: path[2], clientID: clientID)
        case ("POST", "limit", 2):
            try pbx.setRateLimit(
                try body.whole("limit_per_hour"),
                seconds: try body.whole("seconds", default: 3600),
                clientID: clientID
            )
        case ("POST", "consume", 2):
            try pbx.consumeBudget(try body.whole("requests"), clientID: clientID)
        case ("POST", "expire_tokens", 2):
            pbx.expireTokens(clientID: clientID)
        case ("POST", "block", 2):
            try pbx.setBlocked(body.value["blocked"]?.truth ?? true, clientID: clientID)
        case ("POST", "agents", 2):
            try pbx.addAgent(
                SimulatedAgent(
                    id: try body.whole("id"),
                    clientID: clientID,
                    extensionName: try body.text("extension_name")
                )
            )
        default:
            return .notFound
        }
        return .noContent
    }

    private func addExtensions(_ body: ControlBody, clientID: Int) throws -> APIAnswer {
        let entries = body.value.elements ?? [body.value]
        let added = try entries.map { entry in
            let fields = ControlBody(entry)
            return SimulatedExtension(
                id: try fields.whole("id"),
                clientID: clientID,
                name: try fields.text("name"),
                type: try fields.text("type"),
                label: try fields.text("label", default: ""),
                status: try fields.text("status", default: "active"),
                eventLimit: try fields.whole("event_limit", default: 16)
            )
        }
        for row in added {
            try pbx.addExtension(row)
        }
        return .json(["added": .integer(added.count)], status: 201)
    }

    /// `/_sim/extensions/{id}`: DELETE; below it `limit` and `type` (POST) and the rows, `events`.
    func answerExtensions(_ method: String, _ path: [String], _ body: ControlBody) throws -> APIAnswer {
        guard let extensionID = path.first.flatMap(Int.init) else { return .notFound }
        switch (method, path.dropFirst().first, path.count) {
        case ("DELETE", nil, 1):
            try pbx.removeExtension(extensionID)
            return .noContent
        case (_, "events", _):
            return try answerRows(method, Array(path.dropFirst(2)), body, of: extensionID)
        case ("POST", "limit", 2):
            try pbx.setEventLimit(try body.whole("limit"), extensionID: extensionID)
            return .noContent
        case ("POST", "type", 2):
            try pbx.setType(try body.text("type"), extensionID: extensionID)
            return .noContent
        default:
            return .notFound
        }
    }
}
