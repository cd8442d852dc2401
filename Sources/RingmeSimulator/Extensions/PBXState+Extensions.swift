extension PBXState {
    /// Rows of one page unless the caller asks for another number.
    private static let pageSize = 30
    /// The most that a page has.
    private static let largestPage = 200

    /// `GET /client/{id}/extension/` with `type`, `name`, `status`, `page`, `per_page`: a plain array.
    mutating func listExtensions(
        _ request: APIRequest,
        of client: SimulatedClient,
        session: Session,
        _ bending: Bending
    ) -> APIAnswer {
        guard let page = Self.positive(request.query("page"), default: 1),
            let perPage = Self.positive(request.query("per_page"), default: Self.pageSize)
        else {
            return .error(400, "page and per_page must be positive numbers")
        }
        let rows = extensions(of: client.id).filter { row in
            (request.query("type").map { $0.lowercased() == row.type.lowercased() } ?? true)
                && (request.query("name").map { $0 == row.name || $0 == row.shortName } ?? true)
                && (request.query("status").map { $0 == row.status } ?? true)
        }
        let shown = Self.page(page, of: rows, size: min(perPage, Self.largestPage), bending)
        for row in shown {
            shownTypes[session.appID, default: [:]][row.id] = row.type
        }
        return .json(.array(shown.map { $0.json(domain: client.domain) }))
    }

    /// `GET /client/{id}/extension/{extension}`.
    mutating func extensionItem(
        _ reference: String,
        of client: SimulatedClient,
        session: Session
    ) -> APIAnswer {
        guard let found = findExtension(reference, clientID: client.id) else { return .notFound }
        guard found.clientID == client.id else { return .accessDenied }
        shownTypes[session.appID, default: [:]][found.id] = found.type
        return .json(found.json(domain: client.domain))
    }

    /// Removes an extension with all its rows.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    mutating func removeExtension(_ id: Int) -> Bool {
        events = events.filter { $0.value.extensionID != id }
        return extensions.removeValue(forKey: id) != nil
    }

    /// `GET /client/{id}/limit/`. The vendor's field names are unknown; these are the simulator's own.
    func limits(of client: SimulatedClient) -> JSONValue {
        [
            "client_id": .integer(client.id), "extension_event_count": 16,
            "extension_count": .integer(max(100, extensions(of: client.id).count)),
        ]
    }

    /// A positive number of a query field; nil when it is none.
    static func positive(_ text: String?, default fallback: Int) -> Int? {
        guard let text else { return fallback }
        guard let number = Int(text), number > 0 else { return nil }
        return number
    }

    /// One page of a list as a fault bends it; empty when the list ends before.
    static func page<Row>(_ number: Int, of rows: [Row], size: Int, _ bending: Bending) -> [Row] {
        let number = bending.repeatsFirstPage ? 1 : number
        let size = min(size, bending.pageSize ?? size)
        let rows = number > 1 ? rows.dropFirst(bending.shrinksListBy) : rows[...]
        let (offset, overflows) = (number - 1).multipliedReportingOverflow(by: size)
        return overflows ? [] : Array(rows.dropFirst(offset).prefix(size))
    }
}
