/// The simulator's own API below `/_sim/`: what ``SimulatedPBX`` offers to tests, for the demo and for scripts.
struct ControlAPI: Sendable {
    let simulator: RingmeSimulator

    var pbx: SimulatedPBX { simulator.state }

    /// The answer to a request below `/_sim/`; problems are `{"message": …}` with 400, 404, 409 or 503.
    func answer(_ request: APIRequest) async -> APIAnswer {
        do {
            return try await route(request)
        } catch let error as SimulatorError {
            let status =
                switch error.code {
                case .invalidRequest: 400
                case .notFound: 404
                case .conflict: 409
                case .notRunning: 503
                }
            return .error(status, error.message)
        } catch {
            return .error(503, "the request was broken off")
        }
    }

    private func route(_ request: APIRequest) async throws -> APIAnswer {
        let path = Array(request.segments.dropFirst())
        guard let first = path.first else {
            return APIAnswer(status: 200, body: Array(ControlGuide.text.utf8), contentType: "text/plain; charset=utf-8")
        }
        let body = try ControlBody(request.body)
        switch first {
        case "seed" where path.count == 1 && request.method == "POST":
            return try seed(body)
        case "clients":
            return try answerClients(request.method, Array(path.dropFirst()), body)
        case "extensions":
            return try answerExtensions(request.method, Array(path.dropFirst()), body)
        case "agents":
            return try await answerAgents(request.method, Array(path.dropFirst()), body)
        case "calls" where path.count == 1 && request.method == "POST":
            return try await placeCall(body, waits: request.query("wait") == "true")
        case "scenarios" where path.count == 1 && request.method == "GET":
            return .json(.array(Scenario.allCases.map { ["name": .string($0.rawValue), "title": .string("\($0)")] }))
        case "faults":
            return try answerFaults(request.method, Array(path.dropFirst()), body)
        case "clock" where path.count == 1:
            return try answerClock(request.method, body)
        case "tokens" where path.count == 1 && request.method == "DELETE":
            pbx.expireTokens()
            return .noContent
        default:
            return try inspect(request, path)
        }
    }

    /// `/_sim/clock`: GET tells the time; POST sets it (`now`) or puts it forward (`advance_seconds`).
    private func answerClock(_ method: String, _ body: ControlBody) throws -> APIAnswer {
        switch method {
        case "GET":
            break
        case "POST":
            if let now = try body.optionalWhole("now") {
                pbx.clock.set(to: Int64(now))
            } else {
                pbx.clock.advance(by: .seconds(try body.whole("advance_seconds")))
            }
        default:
            return .methodNotAllowed
        }
        return .json(["now": .integer(Int(pbx.now))])
    }
}
