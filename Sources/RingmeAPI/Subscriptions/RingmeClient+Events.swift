package import Telephony

/// The events of an extension: `/extension/{id}/event/`. One request each; a list of 30 rows or more one a page.
extension RingmeClient {
    /// All event rows of an extension, those of other integrations included.
    ///
    /// - Parameter extensionID: the extension.
    /// - Returns: the rows; type in lower case and method in upper case.
    /// - Throws: `PBXError`; `notFound` when the extension is gone; never a part of the list.
    package func events(of extensionID: ExtensionID) async throws(PBXError) -> [SubscriptionRow] {
        try await self.eventRows(Self.path(extensionID), for: .listEvents)
    }

    /// Adds an event row.
    ///
    /// - Parameters:
    ///   - extensionID: the extension.
    ///   - type: the event type.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the new row.
    /// - Throws: `PBXError`; `refused` when the PBX has no free slot or does not know the type for this extension. When
    ///   `outcomeUnknown` is set, the row may be there.
    package func createEvent(
        of extensionID: ExtensionID,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let body = try EventRequestBody(type: type, url: url, method: method, for: .createEvent)
        return try await self.createRow(body, at: Self.path(extensionID), for: .createEvent)
    }

    /// Changes an event row in place.
    ///
    /// - Parameters:
    ///   - extensionID: the extension.
    ///   - id: the row.
    ///   - type: the event type.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the changed row.
    /// - Throws: `PBXError`; `notFound` when the row is gone.
    package func updateEvent(
        of extensionID: ExtensionID,
        id: Int64,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let body = try EventRequestBody(type: type, url: url, method: method, for: .updateEvent)
        return try await self.updateRow(body, id: id, at: Self.path(extensionID), for: .updateEvent)
    }

    /// Deletes one event row.
    ///
    /// - Parameters:
    ///   - extensionID: the extension.
    ///   - id: the row.
    /// - Throws: `PBXError`; `notFound` when the row is gone already, which the caller takes as done.
    package func deleteEvent(of extensionID: ExtensionID, id: Int64) async throws(PBXError) {
        try await self.deleteRow(id: id, at: Self.path(extensionID), for: .deleteEvent)
    }

    private static func path(_ extensionID: ExtensionID) -> String {
        "/extension/\(extensionID.rawValue)/event/"
    }
}

/// What the event rows of extensions and of agents have in common.
extension RingmeClient {
    /// All rows of a collection, which is not known to be paged.
    func eventRows(_ path: String, for operation: PBXOperation) async throws(PBXError) -> [SubscriptionRow] {
        try await self.allPages(
            PageWalk<SubscriptionRow, Int64>(lastPageBelow: Self.smallestPage) { $0.id },
            for: operation,
            request: { PBXRequest(operation: operation, path: path, query: Self.laterPageQuery($0)) },
            rows: { (request) async throws(PBXError) -> [SubscriptionRow] in
                try await self.value([EventBody].self, of: request).map { $0.row() }
            }
        )
    }

    /// Adds a row to a collection.
    func createRow(
        _ body: EventRequestBody,
        at path: String,
        for operation: PBXOperation
    ) async throws(PBXError) -> SubscriptionRow {
        let request = PBXRequest(
            operation: operation,
            method: .post,
            path: path,
            body: try body.encoded(for: operation),
            secrets: body.secrets
        )
        return try await self.value(EventBody.self, of: request).row(asked: body)
    }

    /// Changes a row of a collection. An answer without a body is taken for what was asked.
    func updateRow(
        _ body: EventRequestBody,
        id: Int64,
        at path: String,
        for operation: PBXOperation
    ) async throws(PBXError) -> SubscriptionRow {
        let request = PBXRequest(
            operation: operation,
            method: .put,
            path: path + String(id),
            body: try body.encoded(for: operation),
            secrets: body.secrets
        )
        let answer = try await self.send(request)
        guard !answer.body.isEmpty else {
            return SubscriptionRow(id: id, eventType: body.eventType, url: body.url, method: body.method)
        }
        return try answer.decoded(EventBody.self, of: request).row(asked: body)
    }

    /// Deletes a row of a collection. The id is always part of the path, so the collection itself is never deleted. An answer
    /// with a body that is no JSON is not the PBX's, and confirms nothing.
    func deleteRow(id: Int64, at path: String, for operation: PBXOperation) async throws(PBXError) {
        let request = PBXRequest(operation: operation, method: .delete, path: path + String(id))
        let answer = try await self.send(request)
        guard !answer.body.isEmpty else { return }
        _ = try answer.decoded(AnyJSON.self, of: request)
    }
}

/// JSON of whatever shape.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) {}
}
