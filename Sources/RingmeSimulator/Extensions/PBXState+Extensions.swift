extension PBXState {
    /// Rows of one page unless the caller asks for another number.
    private static let pageSize = 30
    /// The most that a page has.
    private static let largestPage = 200

    /// `GET /client/{id}/extension/` with `type`, `name`, `status`, `page`, `per_page`: a plain array.
    func listExtensions(_ request: APIRequest, of client: SimulatedClient, _ bending: Bending) -> APIAnswer {
        guard let page = Self.positive(request.query("page"), default: 1),
            let perPage = Self.positive(request.query("per_page"), default: Self.pageSize)
        else {
            return .error(400, "page and per_page must be positive numbers")
        }
        var rows = extensions(of: client.id).filter { row in
            (request.query("type").map { $0.lowercased() == row.type.lowercased() } ?? true)
                && (request.query("name").map { $0 == row.name || $0 == row.shortName } ?? true)
                && (request.query("status").map { $0 == row.status } ?? true)
        }
        let number = bending.repeatsFirstPage ? 1 : page
        if number > 1 {
            rows.removeFirst(min(rows.count, bending.shrinksListBy))
        }
        let shown = Self.page(number, of: rows, size: min(perPage, Self.largestPage)).map {
            Self.shape($0.json(domain: client.domain), bending)
        }
        return .json(.array(shown))
    }

    /// `GET /client/{id}/extension/{extension}`.
    func extensionItem(_ reference: String, of client: SimulatedClient) -> APIAnswer {
        guard let found = findExtension(reference, clientID: client.id) else { return .notFound }
        guard found.clientID == client.id else { return .accessDenied }
        return .json(found.json(domain: client.domain))
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

    /// One page of a list; empty when the list ends before.
    static func page<Row>(_ number: Int, of rows: [Row], size: Int) -> [Row] {
        let (start, overflows) = (number - 1).multipliedReportingOverflow(by: size)
        guard !overflows, start < rows.count else { return [] }
        return Array(rows[start..<min(start + size, rows.count)])
    }

    /// The row as it is, or with ids as text and a key that no document names.
    static func shape(_ row: JSONValue, _ bending: Bending) -> JSONValue {
        guard bending.hasUnusualShape, var members = row.members else { return row }
        for (name, value) in members where name == "id" || name.hasSuffix("_id") {
            members[name] = value.text.map(JSONValue.string) ?? .null
        }
        members["_links"] = ["self": "about:blank"]
        return .object(members)
    }
}
