/// The PBX user whose application is used (`GET /user/`).
package struct PBXUser: Sendable, Hashable {
    /// The client's number: what `@me` stands for.
    package var clientID: String
    /// The user's number.
    package var id: Int64?
    /// The user's login name.
    package var login: String?
    /// Whether the user is an administrator of the PBX.
    package var isAdministrator: Bool?
    /// The user's time zone, as the PBX names it.
    package var timeZone: String?
}

extension RingmeClient {
    /// The user of the credentials, and with it the client's number. One request.
    ///
    /// - Returns: the user.
    /// - Throws: `PBXError`; `unparsable` when the answer names no client.
    package func currentUser() async throws(PBXError) -> PBXUser {
        try await self.value(UserBody.self, of: PBXRequest(operation: .currentUser, path: "/user/")).user
    }
}

/// The JSON of a user.
struct UserBody: Decodable {
    var user: PBXUser

    private enum CodingKeys: String, CodingKey {
        case id, login, admin, timezone
        case clientID = "client_id"
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        self.user = PBXUser(
            clientID: String(try object.requiredInteger(.clientID)),
            id: object.tolerantInteger(.id),
            login: object.tolerantText(.login),
            isAdministrator: object.tolerantFlag(.admin),
            timeZone: object.tolerantText(.timezone)
        )
    }
}
