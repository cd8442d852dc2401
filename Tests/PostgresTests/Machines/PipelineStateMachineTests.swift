import Testing

@testable import Postgres

private struct Segment: Identifiable, Equatable {
    let id: Int
}

private typealias Machine = PipelineStateMachine<Segment>

extension PipelineStateMachine where Segment == PostgresTests.Segment {
    /// What the shell does with the answers, as words.
    fileprivate mutating func advance(steps: Int = 1) -> [String] {
        var words: [String] = []
        while let action = self.next() {
            switch action {
            case .send(let segment):
                words.append("send \(segment.id)")
                self.didSend(segment, steps: (0..<steps).map { .run(operation: $0) })
            case .begin(let segment):
                words.append("begin \(segment.id)")
            }
        }
        return words
    }

    fileprivate mutating func take(_ answers: PipelineAnswer...) -> [String] {
        answers.map { answer in
            switch self.received(answer) {
            case .complete(let segment, let step): "complete \(segment.id) \(step)"
            case .fail(let segment, let step): "fail \(segment.id) \(step.map { "\($0)" } ?? "sync")"
            case .skip(let segment, let step): "skip \(segment.id) \(step)"
            case .finish(let segment): "finish \(segment.id)"
            case .proceed: "proceed"
            case .lost: "lost"
            case .violation: "violation"
            }
        }
    }
}

@Suite("The pipeline's state machine")
struct PipelineStateMachineTests {
    private func machine(_ modes: [Machine.Mode]) -> Machine {
        var machine = Machine()
        for (index, mode) in modes.enumerated() {
            _ = machine.submit(Segment(id: index), mode: mode)
        }
        return machine
    }

    @Test("Segments go out as they come, and answers belong to them in their order")
    func order() {
        var machine = self.machine([.pipelined, .pipelined])
        #expect(machine.isIdle == false)
        #expect(machine.advance() == ["send 0", "send 1"])
        #expect(machine.take(.complete, .end, .sync) == ["complete 0 run(operation: 0)", "proceed", "finish 0"])
        #expect(machine.expectsResults)
        #expect(machine.take(.complete, .end, .sync) == ["complete 1 run(operation: 0)", "proceed", "finish 1"])
        #expect(!machine.expectsResults)
        #expect(machine.isIdle)
    }

    @Test("An error skips the rest of its segment and nothing of the next")
    func error() {
        var machine = self.machine([.pipelined, .pipelined])
        _ = machine.advance(steps: 3)
        #expect(
            machine.take(.complete, .end, .error, .end, .skipped, .end, .sync) == [
                "complete 0 run(operation: 0)", "proceed", "fail 0 run(operation: 1)", "proceed",
                "skip 0 run(operation: 2)", "proceed", "finish 0",
            ]
        )
        #expect(machine.take(.complete, .end) == ["complete 1 run(operation: 0)", "proceed"])
    }

    @Test("An error at the Sync, where the implicit transaction commits, fails the segment")
    func errorAtSync() {
        var machine = self.machine([.pipelined])
        _ = machine.advance()
        #expect(
            machine.take(.complete, .end, .error, .end, .sync) == [
                "complete 0 run(operation: 0)", "proceed", "fail 0 sync", "proceed", "finish 0",
            ]
        )
    }

    @Test(
        "What cannot come is a violation, and no more answers mean a lost connection",
        arguments: [
            ([.sync], "violation"), ([.skipped], "violation"), ([.end], "lost"), ([.complete, .complete], "violation"),
            ([.complete, .end, .complete], "violation"), ([.complete, .end, .end], "lost"),
            ([.error, .end, .sync, .complete], "violation"), ([.complete, .end, .sync, .end], "lost"),
        ] as [([PipelineAnswer], String)]
    )
    func violations(answers: [PipelineAnswer], word: String) {
        var machine = self.machine([.pipelined])
        _ = machine.advance()
        let words = answers.flatMap { machine.take($0) }
        #expect(words.last == word)
    }

    @Test("An exclusive segment waits for what is on its way, and holds what comes after")
    func exclusive() {
        var machine = self.machine([.pipelined, .exclusive, .pipelined])
        #expect(machine.advance() == ["send 0"])
        _ = machine.take(.complete, .end, .sync)
        #expect(machine.advance() == ["begin 1"])
        #expect(!machine.expectsResults)
        #expect(!machine.isIdle)
        machine.exclusiveFinished()
        #expect(machine.advance() == ["send 2"])
    }

    @Test("What was not sent yet is cancelled without the server")
    func cancelWaiting() {
        var machine = self.machine([.exclusive, .pipelined])
        _ = machine.advance()
        guard case .fail(Segment(id: 1)) = machine.cancel(1) else {
            Issue.record("not failed")
            return
        }
        machine.exclusiveFinished()
        #expect(machine.advance() == [])
    }

    @Test("A cancel request goes out when its segment's turn has come; nothing is sent until it has arrived")
    func cancelSent() {
        var machine = self.machine([.pipelined, .pipelined])
        _ = machine.advance()
        guard case .proceed = machine.cancel(1) else {
            Issue.record("cancelled another's query")
            return
        }
        #expect(machine.cancelDue() == nil)
        _ = machine.take(.complete, .end, .sync)
        #expect(machine.cancelDue() == Segment(id: 1))
        #expect(machine.cancelDue() == nil)
        _ = machine.submit(Segment(id: 2), mode: .pipelined)
        #expect(machine.advance() == [])
        _ = machine.take(.error, .end, .sync)
        #expect(machine.advance() == [])
        machine.cancelDelivered()
        #expect(machine.advance() == ["send 2"])
    }

    @Test("A finished segment cannot be cancelled")
    func cancelFinished() {
        var machine = self.machine([.pipelined])
        _ = machine.advance()
        _ = machine.take(.complete, .end, .sync)
        guard case .proceed = machine.cancel(0) else {
            Issue.record("cancelled what was finished")
            return
        }
        #expect(machine.isIdle)
        #expect(!machine.isUnfinished(0))
    }

    @Test("Closing fails everything that is not finished, and refuses what comes")
    func close() {
        var machine = self.machine([.pipelined, .pipelined, .exclusive, .pipelined])
        _ = machine.advance()
        _ = machine.take(.complete, .end, .sync)
        #expect(machine.close().map(\.id) == [1, 2, 3])
        #expect(machine.isClosed)
        #expect(machine.close().isEmpty)
        guard case .refuse(Segment(id: 9)) = machine.submit(Segment(id: 9), mode: .pipelined) else {
            Issue.record("taken in")
            return
        }
    }

    @Test("Closing fails the exclusive segment too")
    func closeExclusive() {
        var machine = self.machine([.exclusive])
        _ = machine.advance()
        #expect(machine.close().map(\.id) == [0])
        machine.exclusiveFinished()
        #expect(machine.isClosed)
    }
}
