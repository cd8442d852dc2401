extension ControlAPI {
    /// `/_sim/faults`: GET lists, POST adds one, DELETE ends all, or one by its number.
    func answerFaults(_ method: String, _ path: [String], _ body: ControlBody) throws -> APIAnswer {
        switch (method, path.count) {
        case ("GET", 0):
            let entries = pbx.withState { $0.faults.entries }
            return .json(
                .array(
                    entries.map { entry in
                        [
                            "id": .integer(entry.id), "met": .integer(entry.met),
                            "times_left": JSONValue(entry.timesLeft), "skips_left": .integer(entry.skipsLeft),
                        ]
                    }
                )
            )
        case ("POST", 0):
            let id = pbx.addFault(try Self.fault(body))
            return .json(["id": .integer(id)], status: 201)
        case ("DELETE", 0):
            pbx.clearFaults()
            return .noContent
        case ("DELETE", 1):
            let isRemoved = Int(path[0]).map { id in pbx.withState { $0.faults.remove(id: id) } } ?? false
            return isRemoved ? .noContent : .notFound
        default:
            return .notFound
        }
    }

    /// Reads a fault from a control request; `times` absent is once, 0 is for ever.
    static func fault(_ body: ControlBody) throws(SimulatorError) -> Fault {
        let times = try body.whole("times", default: 1)
        var fault = Fault(
            try action(body),
            clientID: try body.optionalWhole("client_id"),
            appID: try body.optionalText("app_id"),
            method: try body.optionalText("method"),
            extensionID: try body.optionalWhole("extension_id"),
            skip: try body.whole("skip", default: 0),
            every: try body.whole("every", default: 1),
            times: times == 0 ? nil : times,
            delay: .milliseconds(try body.whole("delay_ms", default: 0))
        )
        if let name = try body.optionalText("resource") {
            guard let resource = ResourceKind(rawValue: name) else { throw .invalid("no such resource: \(name)") }
            fault.resource = resource
        }
        return fault
    }

    private static func action(_ body: ControlBody) throws(SimulatorError) -> Fault.Action {
        let hold = Duration.milliseconds(try body.whole("hold_ms", default: 30_000))
        switch try body.text("action") {
        case "none": return .none
        case "answer":
            return .answer(
                status: try body.whole("status"),
                body: try body.text("body", default: ""),
                contentType: try body.text("content_type", default: "application/json")
            )
        case "internal_error": return Fault.internalError
        case "html": return Fault.html
        case "empty_body": return Fault.emptyBody
        case "broken_json": return Fault.brokenJSON
        case "unauthorized": return Fault.unauthorized
        case "access_denied": return Fault.denied(try body.text("vendor_status", default: "access_denied"))
        case "redirect":
            return Fault.redirect(to: try body.text("location"), status: try body.whole("status", default: 302))
        case "overlong_body": return .overlongBody(try body.whole("bytes", default: 64 << 20))
        case "gzip_bomb": return .gzipBomb(try body.whole("bytes", default: 64 << 20))
        case "broken_gzip": return .brokenGzip
        case "rate_limited": return .rateLimited(resetSeconds: try body.optionalWhole("reset_seconds"))
        case "concurrent_request": return .concurrentRequest
        case "close_connection": return .closeConnection
        case "hang": return .hang(hold)
        case "perform_then_hang": return .performThenHang(hold)
        case "perform_then_close": return .performThenClose
        case "expire_tokens": return .expireTokens
        case "revoke_application": return .revokeApplication
        case "consume_budget": return .consumeBudget(try body.whole("requests"))
        case "set_event_limit": return .setEventLimit(try body.whole("limit"))
        case "set_extension_type": return .setExtensionType(try body.text("type"))
        case "remove_extension": return .removeExtension
        case "add_foreign_rows": return .addForeignRows(try body.whole("rows", default: 1))
        case "remove_own_rows": return .removeOwnRows
        case "remove_foreign_rows": return .removeForeignRows(try body.whole("rows", default: 1))
        case "small_pages": return .smallPages(try body.whole("rows"))
        case "repeat_first_page": return .repeatFirstPage
        case "shrink_list": return .shrinkList(by: try body.whole("rows", default: 1))
        case "unusual_shape": return .unusualShape
        case let name: throw .invalid("no such action: \(name)")
        }
    }
}
