/// One thing in a pipeline segment that the server answers.
enum PipelineStep: Equatable, Sendable {
    /// The preparation of an operation's statement.
    case prepare(operation: Int)
    /// The operation itself.
    case run(operation: Int)
}

/// What libpq's next result is.
enum PipelineAnswer: Equatable, Sendable {
    case complete
    case error
    case skipped
    case sync
    /// The NULL behind the answers to one statement.
    case end
}

/// The order of what one connection has sent and is to send, and what each answer of libpq belongs to.
///
/// Callers hand in *segments*: operations that end in one Sync, so that an error in one segment skips the rest of that
/// segment and nothing else. Any number of segments may be on their way at once. An *exclusive* segment (a script,
/// COPY) speaks outside the pipeline: it waits until nothing is on its way, and everything behind it waits for it.
///
/// libpq's rules that are encoded here (its manual, section 34.5): the answers to one statement end with a NULL; the
/// answer to a Sync has no NULL behind it; after an error the rest of the segment is answered as aborted.
struct PipelineStateMachine<Segment: Identifiable> {
    /// How a segment talks to the server.
    enum Mode: Equatable {
        case pipelined
        case exclusive
    }

    private enum State {
        /// Segments go out as they come.
        ///
        /// Can transition to:
        ///   - `exclusive` when an exclusive segment is next and nothing is on its way.
        ///   - `closed` when the connection closes.
        case pipelined
        /// One segment has the connection for itself.
        ///
        /// Can transition to:
        ///   - `pipelined` when it has finished.
        ///   - `closed` when the connection closes.
        case exclusive(Segment)
        /// Final: everything is refused.
        case closed
    }

    fileprivate struct Sent {
        var segment: Segment
        var steps: [PipelineStep]
        var position = 0
        /// The current step has its answer; the NULL behind it is still to come.
        var isAnswered = false
        var hasFailed = false
        var wantsCancel = false
    }

    private var state = State.pipelined
    private var sent = Queue<Sent>()
    private var waiting = Queue<(segment: Segment, mode: Mode)>()
    /// A cancel request is on its way to the server: what is sent now could be hit by it.
    private(set) var isCancelling = false

    init() {}
}

// MARK: - Sending

extension PipelineStateMachine {
    enum SubmitAction {
        /// Ask for ``next()``.
        case proceed
        case refuse(Segment)
    }

    enum NextAction {
        /// Put it on the wire, then report ``didSend(_:steps:)``.
        case send(Segment)
        /// Leave the pipeline and let the segment talk, then report ``exclusiveFinished()``.
        case begin(Segment)
    }

    /// Takes a segment in.
    mutating func submit(_ segment: Segment, mode: Mode) -> SubmitAction {
        if case .closed = self.state {
            return .refuse(segment)
        }
        self.waiting.append((segment, mode))
        return .proceed
    }

    /// What may go out now; call it until it answers nil.
    mutating func next() -> NextAction? {
        guard case .pipelined = self.state, !self.isCancelling, let head = self.waiting.first else {
            return nil
        }
        switch head.mode {
        case .pipelined:
            _ = self.waiting.popFirst()
            return .send(head.segment)
        case .exclusive:
            guard self.sent.isEmpty else {
                return nil
            }
            _ = self.waiting.popFirst()
            self.state = .exclusive(head.segment)
            return .begin(head.segment)
        }
    }

    /// The segment is on the wire, as these steps and a Sync.
    mutating func didSend(_ segment: Segment, steps: [PipelineStep]) {
        self.sent.append(Sent(segment: segment, steps: steps))
    }

    /// The exclusive segment is done and the connection is in the pipeline again.
    mutating func exclusiveFinished() {
        if case .exclusive = self.state {
            self.state = .pipelined
        }
    }
}

// MARK: - Receiving

extension PipelineStateMachine {
    enum ReceiveAction {
        /// The step is done.
        case complete(Segment, PipelineStep)
        /// The step failed; without a step, the Sync did (a constraint that is checked at the commit).
        case fail(Segment, PipelineStep?)
        /// The step was not run because one before it failed.
        case skip(Segment, PipelineStep)
        /// Everything of the segment is answered.
        case finish(Segment)
        /// Nothing to do.
        case proceed
        /// libpq has no more answers, although some are expected: the connection is lost.
        case lost
        /// This cannot come here: close the connection.
        case violation
    }

    /// Whether libpq is to be asked for results of the pipeline.
    var expectsResults: Bool { !self.sent.isEmpty }

    /// Whether nothing is on its way or waiting.
    var isIdle: Bool {
        guard case .pipelined = self.state else {
            return false
        }
        return self.sent.isEmpty && self.waiting.isEmpty && !self.isCancelling
    }

    var isClosed: Bool {
        guard case .closed = self.state else {
            return false
        }
        return true
    }

    /// Takes one result of libpq.
    mutating func received(_ answer: PipelineAnswer) -> ReceiveAction {
        guard let action = self.sent.updateFirst({ $0.received(answer) }) else {
            return answer == .end ? .lost : .violation
        }
        if case .finish = action {
            _ = self.sent.popFirst()
        }
        return action
    }
}

extension PipelineStateMachine.Sent {
    fileprivate mutating func received(
        _ answer: PipelineAnswer
    ) -> PipelineStateMachine<Segment>.ReceiveAction {
        guard self.position < self.steps.count else {
            switch answer {
            case .sync:
                return .finish(self.segment)
            case .error:
                self.hasFailed = true
                self.isAnswered = true
                return .fail(self.segment, nil)
            case .end:
                defer { self.isAnswered = false }
                return self.isAnswered ? .proceed : .lost
            case .complete, .skipped:
                return .violation
            }
        }
        let step = self.steps[self.position]
        switch answer {
        case .end:
            guard self.isAnswered else {
                return .lost
            }
            self.position += 1
            self.isAnswered = false
            return .proceed
        case .complete:
            guard !self.isAnswered, !self.hasFailed else {
                return .violation
            }
            self.isAnswered = true
            return .complete(self.segment, step)
        case .error:
            self.isAnswered = true
            self.hasFailed = true
            return .fail(self.segment, step)
        case .skipped:
            guard self.hasFailed, !self.isAnswered else {
                return .violation
            }
            self.isAnswered = true
            return .skip(self.segment, step)
        case .sync:
            return .violation
        }
    }
}

// MARK: - Cancelling and closing

extension PipelineStateMachine {
    enum CancelAction {
        /// It was not sent yet: fail it.
        case fail(Segment)
        /// The server works on it: send a cancel request, then report ``cancelDelivered()``.
        case cancelOnServer(Segment)
        /// It is finished, or the server works on something before it: ``cancelDue()`` tells when its turn has come.
        case proceed
    }

    /// The caller of a segment does not want it any more.
    mutating func cancel(_ id: Segment.ID) -> CancelAction {
        if let removed = self.waiting.remove(where: { $0.segment.id == id }) {
            return .fail(removed.segment)
        }
        if case .exclusive(let segment) = self.state, segment.id == id {
            guard !self.isCancelling else {
                return .proceed
            }
            self.isCancelling = true
            return .cancelOnServer(segment)
        }
        _ = self.sent.update(where: { $0.segment.id == id }) { $0.wantsCancel = true }
        return self.cancelDue().map { .cancelOnServer($0) } ?? .proceed
    }

    /// The segment that the server has come to and that is to be cancelled: send a cancel request.
    mutating func cancelDue() -> Segment? {
        guard !self.isCancelling, let head = self.sent.first, head.wantsCancel else {
            return nil
        }
        _ = self.sent.updateFirst { $0.wantsCancel = false }
        self.isCancelling = true
        return head.segment
    }

    /// The cancel request has reached the server (or could not be sent): what is sent from now on is safe from it.
    mutating func cancelDelivered() {
        self.isCancelling = false
    }

    /// Whether the segment has been sent and is not finished.
    func isUnfinished(_ id: Segment.ID) -> Bool {
        if case .exclusive(let segment) = self.state, segment.id == id {
            return true
        }
        return self.sent.elements.contains { $0.segment.id == id }
    }

    /// The connection is closed: every segment that is not finished fails, in their order.
    mutating func close() -> [Segment] {
        var unfinished = self.sent.removeAll().map(\.segment)
        if case .exclusive(let segment) = self.state {
            unfinished.append(segment)
        }
        unfinished += self.waiting.removeAll().map(\.segment)
        self.state = .closed
        self.isCancelling = false
        return unfinished
    }
}
