/// What the client's limit resource shows. Its field names are not documented, so nothing may depend on one of them.
package struct PBXLimits: Sendable, Hashable {
    /// Every member of the resource that is a whole number, under the PBX's own name.
    package var values: [String: Int64]
}

extension RingmeClient {
    /// The client's limits, for people to look at. One request.
    ///
    /// - Returns: the limits, nil when the PBX has no such resource (404).
    /// - Throws: `PBXError`; `unparsable` when the answer is no JSON object.
    package func limit() async throws(PBXError) -> PBXLimits? {
        let path = try self.clientPath("/limit/", for: .limit)
        do {
            return PBXLimits(
                values: try await self.value(LimitBody.self, of: PBXRequest(operation: .limit, path: path)).values
            )
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

/// The JSON of the limit resource.
struct LimitBody: Decodable {
    var values: [String: Int64] = [:]

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            nil
        }
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Name.self)
        for name in object.allKeys {
            self.values[name.stringValue] = object.tolerantInteger(name)
        }
    }
}
