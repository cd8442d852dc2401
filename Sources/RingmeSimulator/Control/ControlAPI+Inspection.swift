extension ControlAPI {
    /// `GET|DELETE /_sim/log`, `GET /_sim/counts`, `GET|DELETE /_sim/violations`, `GET /_sim/deliveries`, `GET /_sim/state`,
    /// `POST /_sim/reset`. Lists are narrowed by a query with names and values of their members: `?method=POST&status=201`.
    func inspect(_ request: APIRequest, _ path: [String]) throws -> APIAnswer {
        guard path.count == 1, let name = path.first else { return .notFound }
        switch (request.method, name) {
        case ("GET", "log"):
            return .json(.array(Self.narrow(pbx.requestLog, by: request.query, \.json).map(\.json)))
        case ("GET", "counts"):
            return .json(RequestCounts(of: Self.narrow(pbx.requestLog, by: request.query, \.json)).json)
        case ("DELETE", "log"):
            pbx.clearRequestLog()
            return .noContent
        case ("GET", "violations"):
            return .json(.array(Self.narrow(pbx.violations, by: request.query, \.json).map(\.json)))
        case ("DELETE", "violations"):
            pbx.clearViolations()
            return .noContent
        case ("GET", "deliveries"):
            return .json(.array(pbx.deliveries.map(\.json)))
        case ("GET", "state"):
            return .json(summary)
        case ("POST", "reset"):
            pbx.reset()
            return .noContent
        default:
            return .notFound
        }
    }

    /// The rows whose members have the values that a query asks for.
    private static func narrow<Row>(_ rows: [Row], by query: [FormField], _ json: (Row) -> JSONValue) -> [Row] {
        guard !query.isEmpty else { return rows }
        return rows.filter { row in
            let members = json(row)
            return query.allSatisfy { members[$0.name]?.text == $0.value }
        }
    }

    private var summary: JSONValue {
        let now = pbx.now
        let clients = pbx.clients.map { client -> JSONValue in
            let extensions = pbx.extensions(of: client.id).map { row -> JSONValue in
                let rows = pbx.events(of: row.id)
                return [
                    "id": .integer(row.id), "name": .string(row.name), "type": .string(row.type),
                    "status": .string(row.status), "event_limit": .integer(row.eventLimit),
                    "events": .integer(rows.count),
                    "foreign_events": .integer(rows.count { $0.owner == .foreign }),
                ]
            }
            return [
                "id": .integer(client.id), "prefix": .string(client.prefix),
                "applications": .array(client.applications.keys.sorted().map(JSONValue.string)),
                "rate_limit": .integer(client.rate.limit), "rate_remaining": .integer(client.rate.remaining(at: now)),
                "rate_reset_seconds": .integer(client.rate.resetSeconds(at: now)), "extensions": .array(extensions),
            ]
        }
        return [
            "now": .integer(Int(now)), "clients": .array(clients), "calls": .integer(pbx.calls.count),
            "deliveries": .integer(pbx.deliveries.count), "violations": .integer(pbx.violations.count),
            "requests": .integer(pbx.requestLog.count),
        ]
    }
}
