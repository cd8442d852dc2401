import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Takes HTTP apart for the simulated PBX and puts its answers together; plays the faults that need a connection or time.
struct SimulatorResponder: HTTPResponder {
    let pbx: SimulatedPBX
    let control: ControlAPI

    private static let largestBody = 16 << 20

    func respond(to request: Request, context: SimulatorContext) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.largestBody)
        let received = APIRequest(
            method: request.method.rawValue,
            path: request.uri.path,
            query: request.uri.query ?? "",
            body: Array(body.readableBytesView),
            authorization: request.headers[.authorization],
            acceptEncoding: request.headers[.acceptEncoding]
        )
        switch received.segments.first {
        case "_sim":
            return Self.response(await control.answer(received))
        case "storage":
            return Self.response(Self.recording(received))
        default:
            return try await answer(received, channel: context.channel)
        }
    }

    private func answer(_ request: APIRequest, channel: any Channel) async throws -> Response {
        let writing = pbx.withState { [now = pbx.now] in $0.beginWrite(request, at: now) }
        let outcome: Outcome
        do {
            outcome = try await outcomeOf(request)
        } catch {
            end(writing)
            throw error
        }
        end(writing)
        switch outcome {
        case .answer(let answer):
            return Self.response(answer, compressed: request.acceptsGzip)
        case .silence(let duration):
            if duration > .zero {
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            }
            try? await channel.close()
            return Response(status: .serviceUnavailable)
        }
    }

    /// What a client gets to see: an answer, or nothing for so long and then a closed connection.
    private enum Outcome {
        case answer(APIAnswer)
        case silence(Duration)
    }

    private func end(_ writing: Int?) {
        guard let writing else { return }
        pbx.withState { $0.endWrite(on: writing) }
    }

    private func outcomeOf(_ request: APIRequest) async throws -> Outcome {
        let start = pbx.withState { [now = pbx.now] state -> Start in
            let subject = state.subject(of: request, at: now)
            guard !state.isHistoryBusy(for: subject) else { return .refused }
            guard let (id, fault) = state.faults.take(for: subject) else { return .undisturbed }
            return .met(fault, id: id, historyOf: fault.delay > .zero ? state.beginHistoryTurn(of: subject) : nil)
        }
        switch start {
        case .refused:
            return .answer(replace(request, by: .concurrentRequest))
        case .undisturbed:
            return .answer(perform(request))
        case .met(let fault, let id, let clientID):
            defer {
                if let clientID { pbx.withState { $0.endHistoryTurn(of: clientID) } }
            }
            if fault.delay > .zero {
                try await Task.sleep(for: fault.delay)
            }
            return play(fault.action, id: id, on: request)
        }
    }

    /// What a request meets first.
    private enum Start {
        /// Another request of the client for its call history is being worked on.
        case refused
        case undisturbed
        case met(Fault, id: Int, historyOf: Int?)
    }

    private func play(_ action: Fault.Action, id: Int, on request: APIRequest) -> Outcome {
        switch action {
        case .none:
            return .answer(perform(request, faultID: id))
        case .answer(let status, let body, let contentType, let headers):
            let answer = APIAnswer(
                status: status,
                headers: headers,
                body: Array(body.utf8),
                contentType: contentType
            )
            return .answer(replace(request, by: answer, id: id))
        case .rateLimited(let resetSeconds):
            let hasReset = resetSeconds != nil
            return .answer(
                replace(request, by: .rateLimitExceeded, resetSeconds: resetSeconds, hasRateHeaders: hasReset, id: id)
            )
        case .concurrentRequest:
            return .answer(replace(request, by: .concurrentRequest, id: id))
        case .overlongBody(let spaces):
            return .answer(replace(request, by: .overlong(spaces: spaces), id: id))
        case .gzipBomb(let size):
            return .answer(replace(request, by: .gzipBomb(unpackingTo: size), id: id))
        case .closeConnection:
            leaveUnanswered(request, id: id)
            return .silence(.zero)
        case .hang(let duration):
            leaveUnanswered(request, id: id)
            return .silence(duration)
        case .performThenHang(let duration):
            _ = perform(request, faultID: id)
            return .silence(duration)
        case .performThenClose:
            _ = perform(request, faultID: id)
            return .silence(.zero)
        case .brokenGzip:
            return .answer(perform(request, faultID: id).brokenGzip)
        case .expireTokens, .revokeApplication, .consumeBudget, .setEventLimit, .setExtensionType, .removeExtension,
            .addForeignRows, .removeOwnRows, .removeForeignRows:
            pbx.withState { [now = pbx.now] in $0.change(by: action, before: request, at: now) }
            return .answer(perform(request, faultID: id))
        case .smallPages(let rows):
            return .answer(perform(request, bending: PBXState.Bending(pageSize: rows), faultID: id))
        case .repeatFirstPage:
            return .answer(perform(request, bending: PBXState.Bending(repeatsFirstPage: true), faultID: id))
        case .shrinkList(let rows):
            return .answer(perform(request, bending: PBXState.Bending(shrinksListBy: rows), faultID: id))
        case .unusualShape:
            return .answer(perform(request, faultID: id).unusual)
        }
    }

    private func perform(
        _ request: APIRequest,
        bending: PBXState.Bending = PBXState.Bending(),
        faultID: Int? = nil
    ) -> APIAnswer {
        pbx.withState { [now = pbx.now] in $0.answer(request, bending: bending, faultID: faultID, at: now) }
    }

    private func replace(
        _ request: APIRequest,
        by answer: APIAnswer,
        resetSeconds: Int? = nil,
        hasRateHeaders: Bool = true,
        id: Int? = nil
    ) -> APIAnswer {
        pbx.withState { [now = pbx.now] state in
            state.answer(
                request,
                insteadWith: answer,
                resetSeconds: resetSeconds,
                hasRateHeaders: hasRateHeaders,
                faultID: id,
                at: now
            )
        }
    }

    private func leaveUnanswered(_ request: APIRequest, id: Int) {
        pbx.withState { [now = pbx.now] in $0.leaveUnanswered(request, faultID: id, at: now) }
    }

    /// A recording, which needs no token: any bytes do.
    private static func recording(_ request: APIRequest) -> APIAnswer {
        guard request.segments.count == 2, request.method == "GET" else { return .notFound }
        return APIAnswer(status: 200, body: Array("ID3 simulated recording".utf8), contentType: "audio/mpeg")
    }

    private static func response(_ answer: APIAnswer, compressed: Bool = false) -> Response {
        var headers = HTTPFields()
        for header in answer.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            headers[name] = header.value
        }
        var body = answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        if answer.status != 204 {
            headers[.contentType] = answer.contentType
            switch answer.transfer {
            case .packedWhenAccepted:
                guard compressed, !answer.body.isEmpty else { break }
                headers[.contentEncoding] = "gzip"
                body = ResponseBody(byteBuffer: ByteBuffer(bytes: GzipEncoding.encode(answer.body)))
            case .asIs:
                break
            case .padded(let spaces):
                body = padded(answer.body, by: spaces)
            }
        }
        return Response(status: HTTPResponse.Status(code: answer.status), headers: headers, body: body)
    }

    private static func padded(_ body: [UInt8], by spaces: Int) -> ResponseBody {
        ResponseBody { writer in
            try await writer.write(ByteBuffer(bytes: body.dropLast()))
            var left = spaces
            while left > 0 {
                let count = min(left, 1 << 16)
                try await writer.write(ByteBuffer(repeating: UInt8(ascii: " "), count: count))
                left -= count
            }
            try await writer.write(ByteBuffer(bytes: body.suffix(1)))
            try await writer.finish(nil)
        }
    }
}
