import FoundationEssentials

extension PBXState {
    /// `GET /client/{id}/call_history/`, with `start_datetime`, `end_datetime`, `extension_id`, `flow`, `order`, pages.
    func listCalls(_ request: APIRequest, of client: SimulatedClient, _ bending: Bending) -> APIAnswer {
        guard let page = Self.positive(request.query("page"), default: 1),
            let perPage = Self.positive(request.query("per_page"), default: 30)
        else {
            return .error(400, "page and per_page must be positive numbers")
        }
        let isDescending = request.query("order") == "desc"
        let rows = calls.filter { call in
            call.clientID == client.id
                && Self.isWithin(request, Self.dateTime(call.startedAt))
                && (request.query("flow").map { $0 == (call.isOutgoing ? "out" : "in") } ?? true)
                && (request.query("extension_id").map { id in
                    String(call.extensionID) == id || call.legs.contains { String($0.extensionID) == id }
                } ?? true)
        }
        .sorted { isDescending ? $0.startedAt > $1.startedAt : $0.startedAt < $1.startedAt }
        return .json([
            "page": .integer(page), "per_page": .integer(perPage), "order": isDescending ? "desc" : "asc",
            "call_history": .array(Self.page(page, of: rows, size: min(perPage, 200), bending).map(json)),
        ])
    }

    /// `GET /client/{id}/call_history/{call_uuid}`, in whatever case the id is.
    func callItem(_ callID: String, of client: SimulatedClient) -> APIAnswer {
        let found = calls.last { $0.clientID == client.id && $0.callID.uppercased() == callID.uppercased() }
        return found.map { .json(json($0)) } ?? .error(404, "Record not found")
    }

    /// `GET /client/{id}/record/`.
    func listRecords(_ request: APIRequest, of client: SimulatedClient, _ bending: Bending) -> APIAnswer {
        guard let page = Self.positive(request.query("page"), default: 1),
            let perPage = Self.positive(request.query("per_page"), default: 30)
        else {
            return .error(400, "page and per_page must be positive numbers")
        }
        let rows = calls.filter { $0.clientID == client.id && Self.isWithin(request, Self.dateTime($0.startedAt)) }
            .flatMap { call in
                call.legs.compactMap { leg -> JSONValue? in
                    guard let record = leg.recordID else { return nil }
                    return [
                        "record_uuid": .string(record.uppercased()), "call_uuid": .string(call.callID.uppercased()),
                        "file_name": .string("\(record).mp3"),
                        "duration": .integer(Int(leg.talkMicroseconds / 1_000_000)),
                        "extension_id": .integer(leg.extensionID),
                    ]
                }
            }
        return .json(.array(Self.page(page, of: rows, size: min(perPage, 200), bending)))
    }

    /// `GET …/record/{record_uuid}/storage_url/`: where the recording can be fetched without a token.
    func recordStorage(_ record: String, of client: SimulatedClient) -> APIAnswer {
        let exists = calls.contains { call in
            call.clientID == client.id
                && call.legs.contains { $0.recordID?.uppercased() == record.uppercased() }
        }
        guard exists else { return .error(404, "Record not found") }
        return .json(["record_url": .string("\(baseURL)/storage/\(record.lowercased()).mp3")])
    }

    private static func isWithin(_ request: APIRequest, _ moment: String) -> Bool {
        // The format sorts like the time it stands for.
        (request.query("start_datetime").map { $0 <= moment } ?? true)
            && (request.query("end_datetime").map { moment <= $0 } ?? true)
    }

    private func json(_ call: RecordedCall) -> JSONValue {
        let owner = extensions[call.extensionID]
        let domain = clients[call.clientID]?.domain ?? ""
        let talk = call.legs.filter { !$0.isOutgoing }.map(\.talkMicroseconds).max() ?? 0
        return [
            "call_uuid": .string(call.callID.uppercased()), "flow": call.isOutgoing ? "out" : "in",
            "init_time_gmt": .string(Self.dateTime(call.startedAt)),
            "start_time_gmt": .string(Self.dateTime(call.startedAt)),
            "hangup_time_gmt": .string(Self.dateTime(call.endedAt)),
            "duration": .integer(Int((call.endedAt - call.startedAt) / 1_000_000)),
            "bridged": .bool(call.isBridged),
            "bridged_duration": call.isBridged ? .integer(Int(talk / 1_000_000)) : nil,
            "from_username": .string(call.source), "from_domain": .string(domain),
            "to_username": .string(call.destination), "to_domain": .string(domain),
            "did_number": JSONValue(call.did), "extension_id": .integer(call.extensionID),
            "extension_name": JSONValue(owner?.fullName(domain: domain)), "extension_type": JSONValue(owner?.type),
            "client_owner_id": .integer(call.clientID), "hangup_cause": "NORMAL_CLEARING",
            "hangup_disposition": "caller_bye", "result": .string(Self.result(of: call)),
            "cdr": .array(call.legs.map(Self.json)),
        ]
    }

    private static func result(of call: RecordedCall) -> String {
        if call.isBridged { return "bridged" }
        return call.legs.first?.result ?? "not answered"
    }

    private static func json(_ leg: RecordedCall.Leg) -> JSONValue {
        [
            "extension_id": .integer(leg.extensionID), "flow": leg.isOutgoing ? "out" : "in",
            "source_number": .string(leg.source), "dest_number": .string(leg.destination),
            "record_uuid": JSONValue(leg.recordID?.uppercased()),
            "start_time_gmt": .string(dateTime(leg.startedAt)), "hangup_time_gmt": .string(dateTime(leg.endedAt)),
            "duration": .integer(Int(leg.talkMicroseconds / 1_000_000)), "result": .string(leg.result),
        ]
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC.
    static func dateTime(_ microseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(microseconds / 1_000_000))
        return date.formatted(
            Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .gmt).year().month().day()
                .time(includingFractionalSeconds: false)
        )
    }
}
