extension PBXState {
    private static let eventTypes: Set = [
        "dial-in", "dial-out", "answer", "hangup", "message-in", "message-out", "voicemail",
    ]
    private static let eventTypesOfRouters: Set = ["dial-in", "hangup"]

    /// `/extension/{id}/event/`: GET lists, POST adds a row, DELETE wipes all rows, other integrations' too.
    mutating func answerEvents(
        _ request: APIRequest,
        reference: String,
        session: Session,
        _ bending: Bending,
        at now: Int64
    ) -> APIAnswer {
        guard let owner = findExtension(reference, clientID: session.clientID) else { return .notFound }
        switch request.method {
        case "GET":
            return listEvents(request, of: owner, bending)
        case "POST":
            return createEvent(request, of: owner, session: session, at: now)
        case "DELETE":
            violate(.bulkDelete, session, extensionID: owner.id, at: now)
            events = events.filter { $0.value.extensionID != owner.id }
            return .noContent
        default:
            return .methodNotAllowed
        }
    }

    /// `/extension/{id}/event/{event}`: GET, PUT (all three fields) and DELETE of one row.
    mutating func answerEvent(
        _ request: APIRequest,
        reference: String,
        id: Int,
        session: Session,
        at now: Int64
    ) -> APIAnswer {
        guard let owner = findExtension(reference, clientID: session.clientID),
            let row = events[id], row.extensionID == owner.id
        else { return .notFound }
        switch request.method {
        case "GET":
            return .json(row.json)
        case "PUT":
            switch Self.readRow(request, on: owner.type, allowed: Self.eventTypes) {
            case .refused(let answer):
                noteWrongType(in: request, on: owner, session: session, at: now)
                return answer
            case .accepted(let content):
                noteTouch(of: row, session: session, at: now)
                noteDuplicate(of: content, on: owner.id, butFor: id, session: session, at: now)
                events[id]?.url = content.url
                events[id]?.eventType = content.eventType
                events[id]?.method = content.method
                return .json((events[id] ?? row).json)
            }
        case "DELETE":
            noteTouch(of: row, session: session, at: now)
            events[id] = nil
            return .noContent
        default:
            return .methodNotAllowed
        }
    }

    /// Removes the rows of an extension that applications made (nil: any application), as a person in the cabinet does.
    ///
    /// - Returns: The rows removed.
    @discardableResult
    mutating func removeOwnRows(of extensionID: Int, madeBy appID: String? = nil) -> [SimulatedEvent] {
        let removed = rows(of: extensionID).filter { row in
            guard case .application(let owner) = row.owner else { return false }
            return appID.map { $0 == owner } ?? true
        }
        for row in removed {
            events[row.id] = nil
        }
        return removed
    }

    /// All rows, whatever page is asked for: no document tells of pages. A fault may divide them.
    private func listEvents(_ request: APIRequest, of owner: SimulatedExtension, _ bending: Bending) -> APIAnswer {
        let all = rows(of: owner.id)
        guard let size = bending.pageSize else { return .json(.array(all.map(\.json))) }
        guard let page = Self.positive(request.query("page"), default: 1) else {
            return .error(400, "page must be a positive number")
        }
        return .json(.array(Self.page(page, of: all, size: size, bending).map(\.json)))
    }

    private mutating func createEvent(
        _ request: APIRequest,
        of owner: SimulatedExtension,
        session: Session,
        at now: Int64
    ) -> APIAnswer {
        switch Self.readRow(request, on: owner.type, allowed: Self.eventTypes) {
        case .refused(let answer):
            noteWrongType(in: request, on: owner, session: session, at: now)
            return answer
        case .accepted(let content):
            guard rows(of: owner.id).count < owner.eventLimit else {
                return .error(
                    400,
                    "Extension events limit is reached: \(owner.eventLimit)",
                    status: "event_limit_exceeded"
                )
            }
            let row = SimulatedEvent(
                id: nextEventID(),
                extensionID: owner.id,
                eventType: content.eventType,
                url: content.url,
                method: content.method,
                owner: .application(session.appID)
            )
            noteDuplicate(of: content, on: owner.id, butFor: row.id, session: session, at: now)
            events[row.id] = row
            return .json(row.json, status: 201)
        }
    }

    /// The three fields of a row.
    struct RowContent: Sendable {
        var eventType: String
        var url: String
        var method: String
    }

    /// What comes of reading a row from a request.
    enum RowReading: Sendable {
        case accepted(RowContent)
        case refused(APIAnswer)
    }

    /// Reads and checks a row. An IVR or a queue takes only `dial-in` and `hangup`; the refusal names its `ivr-type`.
    static func readRow(_ request: APIRequest, on type: String, allowed: Set<String>) -> RowReading {
        guard let body = JSONValue(parsing: request.body), body.members != nil else {
            return .refused(.error(400, "Request body must be a JSON object"))
        }
        guard let url = body["url"]?.text, let eventType = body["event_type"]?.text,
            let method = body["method"]?.text?.uppercased()
        else {
            return .refused(.error(400, "Required fields: url, event_type, method"))
        }
        guard allowed.contains(eventType) else {
            return .refused(.error(400, "Unknown event_type"))
        }
        if isRouter(type), !eventTypesOfRouters.contains(eventType) {
            return .refused(.error(400, "event_type is not applicable: ivr-type extension"))
        }
        guard ["GET", "POST"].contains(method) else {
            return .refused(.error(400, "method must be GET or POST"))
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            return .refused(.error(400, "url must be an http address"))
        }
        return .accepted(RowContent(eventType: eventType, url: url, method: method))
    }

    private static func isRouter(_ type: String) -> Bool {
        ["ivr", "queue"].contains(type.lowercased())
    }

    /// A type that the extension cannot have is a violation when the application could know: by the extension's type as it was
    /// last shown, for somebody may have changed that since.
    private mutating func noteWrongType(
        in request: APIRequest,
        on owner: SimulatedExtension,
        session: Session,
        at now: Int64
    ) {
        guard let eventType = JSONValue(parsing: request.body)?["event_type"]?.text else { return }
        let type = shownTypes[session.appID]?[owner.id] ?? owner.type
        let allowed = Self.isRouter(type) ? Self.eventTypesOfRouters : Self.eventTypes
        guard !allowed.contains(eventType) else { return }
        violate(.wrongEventType, session, extensionID: owner.id, at: now)
    }

    private mutating func noteTouch(of row: SimulatedEvent, session: Session, at now: Int64) {
        guard row.owner != .application(session.appID) else { return }
        violate(.foreignRowTouched, session, extensionID: row.extensionID, eventID: row.id, at: now)
    }

    private mutating func noteDuplicate(
        of content: RowContent,
        on extensionID: Int,
        butFor id: Int,
        session: Session,
        at now: Int64
    ) {
        let isDuplicate = rows(of: extensionID).contains {
            $0.id != id && $0.url == content.url && $0.eventType == content.eventType
                && $0.owner == .application(session.appID)
        }
        if isDuplicate {
            violate(.duplicateCreated, session, extensionID: extensionID, eventID: id, at: now)
        }
    }
}
