import FoundationEssentials
package import Telephony

/// The call history and the recordings of the client: to fill in a recording that was not ready at the hangup, and to
/// see whether an extension that sends no events has calls.
extension RingmeClient {
    /// One call of the history. One request.
    ///
    /// - Parameter callID: the CallID of the webhooks, in any case.
    /// - Returns: the call with its legs.
    /// - Throws: `PBXError`; `notFound` while the history does not have it.
    package func callHistory(callID: String) async throws(PBXError) -> PBXCall {
        let component = try self.component(callID, for: .callHistory)
        let path = try self.clientPath("/call_history/" + component, for: .callHistory)
        return try await self.value(CallBody.self, of: PBXRequest(operation: .callHistory, path: path)).call
    }

    /// The calls of an interval, which must be shorter than about two months. One request a page, and one for the page
    /// after the last when that is not short.
    ///
    /// - Parameters:
    ///   - from: the earliest start, microseconds since 1970-01-01 UTC; fractions of a second are dropped.
    ///   - to: the latest start, likewise.
    ///   - extensionID: one extension, or nil for all.
    /// - Returns: the calls in the order of the PBX, each once.
    /// - Throws: `PBXError`; `concurrentRequest` while another request for the history runs; never a part of the list.
    package func callHistory(
        from: Int64,
        to: Int64,
        extensionID: ExtensionID? = nil
    ) async throws(PBXError) -> [PBXCall] {
        let path = try self.clientPath("/call_history/", for: .callHistory)
        var query = [
            (name: "start_datetime", value: historyTime(microseconds: from)),
            (name: "end_datetime", value: historyTime(microseconds: to)),
            (name: "order", value: "asc"),
            (name: "per_page", value: "200"),
        ]
        if let extensionID {
            query.append(("extension_id", String(extensionID.rawValue)))
        }
        let fixedQuery = query
        return try await self.allPages(
            PageWalk<PBXCall, String>(lastPageBelow: Self.smallestPage) { $0.callID },
            for: .callHistory,
            request: { page in
                PBXRequest(operation: .callHistory, path: path, query: fixedQuery + [("page", String(page))])
            },
            rows: { (request) async throws(PBXError) -> [PBXCall] in
                try await self.value(CallHistoryBody.self, of: request).calls.map(\.call)
            }
        )
    }

    /// The temporary address of a recording, which opens without a token. One request.
    ///
    /// - Parameter recordID: the RecID of the webhooks.
    /// - Returns: an absolute HTTP URL. It is a secret: whoever has it can listen.
    /// - Throws: `PBXError`; `notFound` when the recording is gone; `unparsable` when the answer holds no such URL.
    package func recordingURL(recordID: String) async throws(PBXError) -> String {
        let component = try self.component(recordID, for: .recordingURL)
        let path = try self.clientPath("/record/\(component)/storage_url/", for: .recordingURL)
        let request = PBXRequest(operation: .recordingURL, path: path)
        let body = try await self.value(RecordingBody.self, of: request)
        guard let url = body.url else {
            throw PBXError(.unparsable, operation: .recordingURL, message: "The answer holds no URL of a recording.")
        }
        return url
    }
}

/// The JSON of a recording's address.
struct RecordingBody: Decodable {
    /// The address, nil when it is no absolute HTTP URL.
    var url: String?

    private enum CodingKeys: String, CodingKey {
        case url = "record_url"
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.container(keyedBy: CodingKeys.self).tolerantText(.url)
        self.url = text.flatMap { text in
            let isHTTP = text.lowercased().hasPrefix("https://") || text.lowercased().hasPrefix("http://")
            return isHTTP && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
        }
    }
}

/// An instant as the call history wants it: `YYYY-MM-DD HH:MM:SS` in UTC.
func historyTime(microseconds: Int64) -> String {
    let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    let text = Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
    return text.replacing("T", with: " ").replacing("Z", with: "")
}
