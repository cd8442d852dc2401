/// What can be asked of the simulator below `/_sim/`, for people: `GET /_sim/` and `ringme-simulator --help` show it.
package enum ControlGuide {
    /// A fault that can be scripted: the action's name, its parameters, and what it does.
    struct FaultEntry: Sendable {
        var name: String
        var parameters = ""
        var effect: String
    }

    /// The guide as text, in lines of 80 characters at most.
    package static let text = """
        Control API below /_sim/, in JSON:

        POST   seed                   the standard client: app_id, app_secret,
                                      client_id, prefix, id_offset, limit_per_hour
        POST   clients                another client; POST below clients/ID:
                                      extensions, applications, agents, limit, block,
                                      expire_tokens, and consume: requests of its
                                      other applications; DELETE: applications/APP
        DELETE extensions/ID          POST below it: limit, type
        any    extensions/ID/events   rows as others see and change them: GET; POST
                                      adds one, foreign without app_id; DELETE
                                      removes the applications'; PUT, DELETE events/ROW
        POST   agents/ID/status       DELETE agents/ID
        POST   calls[?wait=true]      a scenario (GET scenarios) or events
        any    clock                  GET; POST now (microseconds) or advance_seconds
        DELETE tokens                 all tokens end
        any    faults                 GET, POST, DELETE; DELETE faults/ID
        GET    log, counts, violations, deliveries, state
                                      the first three by ?client_id=&method=&status=
                                      and so on; DELETE empties log and violations
        POST   reset                  as at the start

        A fault is an action with its parameters;
        for which requests: client_id, app_id, method, resource, extension_id;
        when: skip (so many pass first), every (each n-th only), times (1; 0 is for
        ever); delay_ms is waited before it. The resources:
        \(resources)

        The actions:
        \(actions)
        """

    static let faults = [
        FaultEntry(name: "none", effect: "nothing but the delay"),
        FaultEntry(name: "answer", parameters: "status, body, content_type", effect: "this, nothing is done"),
        FaultEntry(name: "internal_error", effect: "500"),
        FaultEntry(name: "html", effect: "200 with HTML"),
        FaultEntry(name: "empty_body", effect: "200 without a body"),
        FaultEntry(name: "broken_json", effect: "200 with JSON that breaks off"),
        FaultEntry(name: "broken_gzip", effect: "carried out, the answer's gzip is broken"),
        FaultEntry(name: "gzip_bomb", parameters: "bytes", effect: "200, unpacks to so many bytes"),
        FaultEntry(name: "overlong_body", parameters: "bytes", effect: "200, a list with so many spaces"),
        FaultEntry(name: "unusual_shape", effect: "carried out, ids as text and unknown keys"),
        FaultEntry(name: "redirect", parameters: "location, status", effect: "302 or another status"),
        FaultEntry(name: "unauthorized", effect: "401"),
        FaultEntry(name: "access_denied", parameters: "vendor_status", effect: "403, access_denied or another"),
        FaultEntry(name: "rate_limited", parameters: "reset_seconds", effect: "429; without it no headers"),
        FaultEntry(name: "concurrent_request", effect: "429 of the call history"),
        FaultEntry(name: "close_connection", effect: "nothing is done, the connection closes"),
        FaultEntry(name: "hang", parameters: "hold_ms", effect: "nothing is done, no answer comes"),
        FaultEntry(name: "perform_then_close", effect: "carried out, the connection closes"),
        FaultEntry(name: "perform_then_hang", parameters: "hold_ms", effect: "carried out, no answer comes"),
        FaultEntry(name: "expire_tokens", effect: "before it the client's tokens end"),
        FaultEntry(name: "revoke_application", effect: "before it the application's credentials end"),
        FaultEntry(name: "consume_budget", parameters: "requests", effect: "before it others use the budget"),
        FaultEntry(name: "set_event_limit", parameters: "limit", effect: "before it the extension's limit changes"),
        FaultEntry(name: "set_extension_type", parameters: "type", effect: "before it the type changes"),
        FaultEntry(name: "remove_extension", effect: "before it the extension goes"),
        FaultEntry(name: "add_foreign_rows", parameters: "rows", effect: "before it others take slots"),
        FaultEntry(name: "remove_own_rows", effect: "before it an administrator removes ours"),
        FaultEntry(name: "remove_foreign_rows", parameters: "rows", effect: "before it others free slots"),
        FaultEntry(name: "small_pages", parameters: "rows", effect: "pages of so many rows, of events too"),
        FaultEntry(name: "repeat_first_page", effect: "every page is the first"),
        FaultEntry(name: "shrink_list", parameters: "rows", effect: "later pages begin so many rows later"),
    ]

    private static var actions: String {
        let width = faults.map(\.name.count).max() ?? 0
        return faults.map { fault in
            let name = fault.name + String(repeating: " ", count: width - fault.name.count)
            return "\(name)  \(fault.effect)" + (fault.parameters.isEmpty ? "" : " (\(fault.parameters))")
        }
        .joined(separator: "\n")
    }

    private static var resources: String {
        var lines = [""]
        for name in ResourceKind.allCases.map(\.rawValue) {
            if lines[lines.count - 1].count + name.count > 78 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + name
        }
        return lines.joined(separator: "\n")
    }
}
