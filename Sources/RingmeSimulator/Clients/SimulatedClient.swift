/// A client of the PBX: the owner of extensions, of a request budget and of applications that may use the API.
package struct SimulatedClient: Sendable {
    /// The PBX's number of the client; `@me` in paths stands for it.
    package var id: Int
    /// The first part of its extensions' names, `2566` in `2566*102`.
    package var prefix: String
    /// What follows `@` in its extensions' full names.
    package var domain: String
    /// The secrets of its trusted applications by application id.
    package var applications: [String: String]
    /// A blocked client is answered 403 `user_blocked`.
    package var isBlocked: Bool
    /// The request budget, common to all applications of the client.
    package var rate: RateWindow

    /// Creates a client with one trusted application.
    package init(
        id: Int,
        prefix: String,
        domain: String = "sipproxy.telphin.ru",
        appID: String,
        appSecret: String,
        limitPerHour: Int = 1000
    ) {
        self.id = id
        self.prefix = prefix
        self.domain = domain
        self.applications = [appID: appSecret]
        self.isBlocked = false
        self.rate = RateWindow(limit: limitPerHour)
    }

    var json: JSONValue {
        [
            "id": .integer(id), "prefix": .string(prefix), "domain": .string(domain), "extension_len": 3,
            "status": isBlocked ? "blocked" : "active", "timezone": "Europe/Moscow",
        ]
    }
}
