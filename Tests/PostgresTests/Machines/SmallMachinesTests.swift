import Testing

@testable import Postgres

@Suite("Which transaction a connection is in")
struct TransactionTrackerTests {
    private func word(_ entry: TransactionTracker.Entry) -> String {
        switch entry {
        case .begin: "begin"
        case .wait: "wait"
        case .proceed: "proceed"
        case .refuse(let error): "refuse \(error.code)"
        }
    }

    @Test("The first statement begins, others wait for it, later ones go on")
    func life() {
        var tracker = TransactionTracker()
        #expect(self.word(tracker.enter(1)) == "begin")
        #expect(self.word(tracker.enter(1)) == "wait")
        tracker.began(1, nil)
        #expect(self.word(tracker.enter(1)) == "proceed")
        #expect(tracker.end(1) == true)
        #expect(self.word(tracker.enter(1)) == "refuse protocolViolation")
        #expect(self.word(tracker.enter(2)) == "begin")
    }

    @Test("After a begin that failed statements are refused with its error, and it is ended on the server")
    func failed() {
        var tracker = TransactionTracker()
        _ = tracker.enter(1)
        tracker.began(1, .cancelled)
        #expect(self.word(tracker.enter(1)) == "refuse cancelled")
        #expect(tracker.beginError(1)?.code == .cancelled)
        #expect(tracker.end(1) == true)
        #expect(tracker.beginError(1) == nil)
    }

    @Test("A transaction without statements has nothing to end; two at once are refused")
    func emptyAndTwo() {
        var tracker = TransactionTracker()
        #expect(tracker.end(1) == false)
        _ = tracker.enter(2)
        #expect(self.word(tracker.enter(3)) == "refuse protocolViolation")
    }
}

@Suite("Prepared statements of a session")
struct PreparedStatementsTests {
    private static let select: StaticString = "SELECT $1"
    private static let delete: StaticString = "DELETE FROM items WHERE id = $1"

    @Test("A statement is prepared once; while that is on its way it is run without")
    func once() {
        var statements = PreparedStatements(isEnabled: true)
        let (select, delete) = (StatementKey(Self.select), StatementKey(Self.delete))
        #expect(statements.plan(for: select, types: [.int8]) == .prepare("s1"))
        #expect(statements.plan(for: select, types: [.int8]) == .unprepared)
        statements.prepared(select)
        #expect(statements.plan(for: select, types: [.int8]) == .prepared("s1"))
        #expect(statements.plan(for: delete, types: [.int8]) == .prepare("s2"))
        #expect(statements.plan(for: select, types: [.text]) == .prepare("s3"))
    }

    @Test("A preparation that failed is tried again, under another name")
    func failed() {
        var statements = PreparedStatements(isEnabled: true)
        let select = StatementKey(Self.select)
        #expect(statements.plan(for: select, types: []) == .prepare("s1"))
        statements.forget(select)
        #expect(statements.plan(for: select, types: []) == .prepare("s2"))
    }

    @Test("Nothing is prepared behind a transaction pooler")
    func off() {
        var statements = PreparedStatements(isEnabled: false)
        #expect(statements.plan(for: StatementKey(Self.select), types: []) == .unprepared)
    }
}

@Suite("Pauses and queues")
struct PausesAndQueuesTests {
    @Test(
        "The pause before an attempt doubles from 100 ms to 5 s",
        arguments: [(0, 0), (1, 100), (2, 200), (3, 400), (6, 3200), (7, 5000), (1_000_000, 5000)]
    )
    func backoff(failures: Int, milliseconds: Int) {
        #expect(Backoff.pause(afterFailures: failures) == .milliseconds(milliseconds))
    }

    @Test("A queue keeps the order over many rounds, and gives up what is taken out of its middle")
    func queue() {
        var queue = Queue<Int>()
        var expected = 0
        for round in 0..<200 {
            for number in 0..<3 { queue.append(round * 3 + number) }
            for _ in 0..<2 {
                #expect(queue.popFirst() == expected)
                expected += 1
            }
        }
        #expect(queue.count == 200)
        #expect(queue.remove { $0 == 500 } == 500)
        #expect(queue.remove { $0 == 500 } == nil)
        #expect(queue.first == 400)
        #expect(queue.update(where: { $0 == 401 }) { $0 = -1 } != nil)
        #expect(queue.removeAll().prefix(3) == [400, -1, 402])
        #expect(queue.isEmpty)
        #expect(queue.popFirst() == nil)
    }
}
