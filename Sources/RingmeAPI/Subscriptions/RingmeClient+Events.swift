package import Telephony

/// The event rows of an extension (`/extension/{id}/event/`), or of an agent (`/client/{id}/agent/local/{id}/event/`). One
/// request each; a list of 30 rows or more one a page.
extension RingmeClient {
    /// All event rows of a sender, those of other integrations included. The list is not known to be paged.
    ///
    /// - Parameter sender: the extension or agent.
    /// - Returns: the rows; type in lower case and method in upper case.
    /// - Throws: `PBXError`; `notFound` when the sender is gone; never a part of the list.
    package func events<Sender: EventSender>(of sender: Sender) async throws(PBXError) -> [SubscriptionRow] {
        let operation = Sender.operations.list
        let path = try sender.eventPath(of: self, for: operation)
        return try await self.allPages(
            PageWalk<SubscriptionRow, Int64>(lastPageBelow: Self.smallestPage) { $0.id },
            for: operation,
            request: { PBXRequest(operation: operation, path: path, query: Self.laterPageQuery($0)) },
            rows: { (request) async throws(PBXError) -> [SubscriptionRow] in
                try await self.value([EventBody].self, of: request).map { $0.row() }
            }
        )
    }

    /// Adds an event row.
    ///
    /// - Parameters:
    ///   - sender: the extension or agent.
    ///   - type: the event type.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the new row.
    /// - Throws: `PBXError`; `refused` when the PBX has no free slot or does not know the type for this sender. When
    ///   `outcomeUnknown` is set, the row may be there.
    package func createEvent<Sender: EventSender>(
        of sender: Sender,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let operation = Sender.operations.create
        let body = try EventRequestBody(type: type, url: url, method: method, for: operation)
        let request = PBXRequest(
            operation: operation,
            method: .post,
            path: try sender.eventPath(of: self, for: operation),
            body: try body.encoded(for: operation),
            secrets: body.secrets
        )
        return try await self.value(EventBody.self, of: request).row(asked: body)
    }

    /// Changes an event row in place. An answer without a body is taken for what was asked.
    ///
    /// - Parameters:
    ///   - sender: the extension or agent.
    ///   - id: the row.
    ///   - type: the event type.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the changed row.
    /// - Throws: `PBXError`; `notFound` when the row is gone.
    package func updateEvent<Sender: EventSender>(
        of sender: Sender,
        id: Int64,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let operation = Sender.operations.update
        let body = try EventRequestBody(type: type, url: url, method: method, for: operation)
        let request = PBXRequest(
            operation: operation,
            method: .put,
            path: try sender.eventPath(of: self, for: operation) + String(id),
            body: try body.encoded(for: operation),
            secrets: body.secrets
        )
        let answer = try await self.send(request)
        guard !answer.body.isEmpty else {
            return SubscriptionRow(id: id, eventType: body.eventType, url: body.url, method: body.method)
        }
        return try answer.decoded(EventBody.self, of: request).row(asked: body)
    }

    /// Deletes one event row. The id is always part of the path, so the collection itself is never deleted. An answer with a
    /// body that is no JSON is not the PBX's, and confirms nothing.
    ///
    /// - Parameters:
    ///   - sender: the extension or agent.
    ///   - id: the row.
    /// - Throws: `PBXError`; `notFound` when the row is gone already, which the caller takes as done.
    package func deleteEvent<Sender: EventSender>(of sender: Sender, id: Int64) async throws(PBXError) {
        let operation = Sender.operations.delete
        let path = try sender.eventPath(of: self, for: operation)
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
