extension PBXState {
    /// `POST /oauth/token` for a trusted application: parameters in the form body or the query, wrong ones are 400.
    mutating func issueToken(_ request: APIRequest, at now: Int64) -> (APIAnswer, Session?) {
        guard request.method == "POST" else { return (.methodNotAllowed, nil) }
        let fields = FormEncoding.decode(String(decoding: request.body, as: UTF8.self)) + request.query
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        guard value("grant_type") == "client_credentials" else {
            return (.json(["error": "unsupported_grant_type"], status: 400), nil)
        }
        guard let session = claimedSession(in: request),
            clients[session.clientID]?.applications[session.appID] == value("client_secret")
        else {
            return (.json(["error": "invalid_client"], status: 400), nil)
        }
        let token = identifiers.accessToken()
        tokens[token] = AccessToken(
            clientID: session.clientID,
            appID: session.appID,
            number: nextTokenNumber(),
            expiresAt: now + Int64(AccessToken.lifetime) * 1_000_000
        )
        let answer = APIAnswer.json([
            "access_token": .string(token), "token_type": "Bearer", "expires_in": .integer(AccessToken.lifetime),
            "scope": "all",
        ])
        return (answer, session)
    }

    /// Who the credentials of a request for a token say it is, whatever their secret; nil when there is no such application.
    func claimedSession(in request: APIRequest) -> Session? {
        let fields = FormEncoding.decode(String(decoding: request.body, as: UTF8.self)) + request.query
        guard let appID = fields.first(where: { $0.name == "client_id" })?.value else { return nil }
        let client = clients.values.first { $0.applications[appID] != nil }
        return client.map { Session(clientID: $0.id, appID: appID) }
    }

    /// Who asks, or nil without a valid token.
    func session(of request: APIRequest, at now: Int64) -> Session? {
        guard let bearer = request.bearer, let token = tokens[bearer], token.expiresAt > now,
            clients[token.clientID]?.applications[token.appID] != nil
        else { return nil }
        return Session(clientID: token.clientID, appID: token.appID, tokenNumber: token.number)
    }

    /// Makes all tokens of a client invalid.
    mutating func expireTokens(of clientID: Int) {
        tokens = tokens.filter { $0.value.clientID != clientID }
    }

    /// `GET /user/`: the user who made the application.
    func user(of session: Session) -> JSONValue {
        [
            "id": .integer(session.clientID * 10 + 1), "login": .string("admin\(session.clientID)"),
            "client_id": .integer(session.clientID), "dealer_id": 77, "admin": true, "access": "all",
            "extension_id": nil, "extension_group_id": nil, "timezone": "Europe/Moscow",
        ]
    }
}
