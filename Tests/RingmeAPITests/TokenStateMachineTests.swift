import Testing

@testable import RingmeAPI

@Suite("The access token as a state machine")
struct TokenStateMachineTests {
    private let now = ContinuousClock.now

    private func token(_ text: String, for seconds: Int = 3_600) -> AccessToken {
        AccessToken(text: text, renewAt: self.now.advanced(by: .seconds(seconds)))
    }

    /// What the machine tells a waiter at once, nil when it has to wait.
    private func ask(
        _ machine: inout TokenStateMachine<String>,
        _ name: String,
        id: Int = 0,
        after seconds: Int = 0
    ) -> TokenResolution? {
        let action = machine.request(id: id, waiter: name, now: self.now.advanced(by: .seconds(seconds)))
        guard case .resume(let waiter, let resolution) = action else { return nil }
        #expect(waiter == name)
        return resolution
    }

    @Test("the first task refreshes, the others wait and get its token, later ones use it")
    func singleFlight() {
        var machine = TokenStateMachine<String>()
        #expect(self.ask(&machine, "a") == .refresh)
        #expect(self.ask(&machine, "b", id: 2) == nil)
        #expect(self.ask(&machine, "c", id: 3) == nil)
        let action = machine.finished(.success(self.token("t1")))
        #expect(action.waiters == ["b", "c"])
        #expect(action.resolution == .use(self.token("t1")))
        #expect(self.ask(&machine, "d") == .use(self.token("t1")))
    }

    @Test("a token is renewed when it is due")
    func renewal() {
        var machine = TokenStateMachine<String>()
        _ = self.ask(&machine, "a")
        _ = machine.finished(.success(self.token("t1", for: 100)))
        #expect(self.ask(&machine, "b", after: 99) == .use(self.token("t1", for: 100)))
        #expect(self.ask(&machine, "c", after: 100) == .refresh)
        #expect(self.ask(&machine, "d", after: 100) == nil)
    }

    @Test("a rejected token is not used again, a newer one stays")
    func rejection() {
        var machine = TokenStateMachine<String>()
        _ = self.ask(&machine, "a")
        _ = machine.finished(.success(self.token("t1")))
        machine.rejected(self.token("t1"))
        #expect(self.ask(&machine, "b") == .refresh)
        // Another task learns of the same 401 while the refresh runs, and after it.
        machine.rejected(self.token("t1"))
        #expect(self.ask(&machine, "c", id: 3) == nil)
        _ = machine.finished(.success(self.token("t2")))
        machine.rejected(self.token("t1"))
        #expect(self.ask(&machine, "d") == .use(self.token("t2")))
    }

    @Test("a failed refresh fails everybody who waits, and the next task tries again")
    func failure() {
        var machine = TokenStateMachine<String>()
        let error = PBXError(.unauthorized, operation: .token)
        _ = self.ask(&machine, "a")
        _ = self.ask(&machine, "b", id: 2)
        let action = machine.finished(.failure(error))
        #expect(action.waiters == ["b"])
        #expect(action.resolution == .failed(error))
        #expect(self.ask(&machine, "c") == .refresh)
    }

    @Test("when the refreshing task is cancelled the first that waits takes its place")
    func cancelledRefresh() {
        var machine = TokenStateMachine<String>()
        let cancelled = PBXError(.cancelled, operation: .token)
        _ = self.ask(&machine, "a")
        _ = self.ask(&machine, "b", id: 2)
        _ = self.ask(&machine, "c", id: 3)
        let action = machine.finished(.failure(cancelled))
        #expect(action.waiters == ["b"])
        #expect(action.resolution == .refresh)
        #expect(self.ask(&machine, "d", id: 4) == nil)
        #expect(machine.finished(.success(self.token("t1"))).waiters == ["c", "d"])
        #expect(machine.finished(.failure(cancelled)).waiters.isEmpty)
    }

    @Test("with nobody waiting a cancelled refresh leaves nothing behind")
    func cancelledAlone() {
        var machine = TokenStateMachine<String>()
        _ = self.ask(&machine, "a")
        #expect(machine.finished(.failure(PBXError(.cancelled, operation: .token))).waiters.isEmpty)
        #expect(self.ask(&machine, "b") == .refresh)
    }

    @Test("a cancelled waiter is resumed once and no more")
    func cancelledWaiter() {
        var machine = TokenStateMachine<String>()
        _ = self.ask(&machine, "a", id: 1)
        _ = self.ask(&machine, "b", id: 2)
        #expect(machine.cancel(id: 1) == nil)
        #expect(machine.cancel(id: 2) == "b")
        #expect(machine.cancel(id: 2) == nil)
        #expect(machine.finished(.success(self.token("t1"))).waiters.isEmpty)
        #expect(machine.cancel(id: 2) == nil)
    }

    @Test("numbers of tasks are never used twice")
    func identifiers() {
        var machine = TokenStateMachine<String>()
        #expect(Set((0..<100).map { _ in machine.makeID() }).count == 100)
    }
}

@Suite("Answers of the token endpoint")
struct AccessTokenTests {
    private let now = ContinuousClock.now

    @Test(
        "a token is renewed a minute, or a tenth of its life, before it ends",
        arguments: [
            (#"{"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":"all"}"#, 3_540),
            (#"{"access_token":"t","expires_in":"600"}"#, 540),
            (#"{"access_token":"t","expires_in":100.0}"#, 90),
            (#"{"access_token":"t"}"#, 3_540),
            (#"{"access_token":"t","expires_in":"soon"}"#, 3_540),
            (#"{"access_token":"t","expires_in":1e30}"#, 86_340),
        ]
    )
    func lifetime(body: String, seconds: Int) throws {
        let token = try #require(AccessToken(body: Array(body.utf8), now: self.now))
        #expect(token.text == "t")
        #expect(self.now.duration(to: token.renewAt) == .seconds(seconds))
    }

    @Test(
        "what holds no usable token is refused",
        arguments: [
            "", "{}", "[]", "<html>", #"{"access_token":""}"#, #"{"access_token":null}"#, #"{"access_token":"a\nb"}"#,
        ]
    )
    func unusable(body: String) {
        #expect(AccessToken(body: Array(body.utf8), now: self.now) == nil)
    }

    @Test("neither token nor secret appear when they are printed")
    func printing() {
        let token = AccessToken(text: "hunter2", renewAt: self.now)
        #expect(!"\(token)".contains("hunter2"))
        let credentials = PBXCredentials(appID: "app", appSecret: "hunter2")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped] {
            #expect(text.contains("app"))
            #expect(!text.contains("hunter2"))
        }
    }
}
