/// Answers that a fault may give instead of the real one.
extension Fault {
    /// 500 with the vendor's error shape.
    package static let internalError = Action.answer(
        status: 500,
        body: #"{"message":"Internal server error"}"#,
        contentType: "application/json"
    )
    /// 200 with a page of HTML, as a proxy in front of the PBX sends it.
    package static let html = Action.answer(
        status: 200,
        body: "<html><body><h1>Service is temporarily unavailable</h1></body></html>",
        contentType: "text/html; charset=utf-8"
    )
    /// 200 without a body.
    package static let emptyBody = Action.answer(status: 200, body: "", contentType: "application/json")
    /// 200 with JSON that breaks off.
    package static let brokenJSON = Action.answer(
        status: 200,
        body: #"[{"id": 1, "url": "#,
        contentType: "application/json"
    )
    /// 401 although the token is valid.
    package static let unauthorized = Action.answer(
        status: 401,
        body: #"{"message":"Unauthorized"}"#,
        contentType: "application/json"
    )
    /// 403 `access_denied`: the application lacks rights.
    package static let accessDenied = denied("access_denied")

    /// The statuses of 403 that the vendor documents: no right to the resource, user or client blocked, access level of the
    /// user or of the application too low.
    package static let denials = ["access_denied", "user_blocked", "user_access_type_deny", "app_access_type_deny"]

    /// 403 with this status.
    package static func denied(_ status: String) -> Action {
        .answer(
            status: 403,
            body: #"{"message":"Access denied","status":"\#(status)"}"#,
            contentType: "application/json"
        )
    }

    /// A redirect to `location`, an address or a path.
    package static func redirect(to location: String, status: Int = 302) -> Action {
        .answer(status: status, body: "", contentType: "text/html", headers: [FormField("Location", location)])
    }
}
