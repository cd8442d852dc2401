import RingmeSimulator
import Storage
import Telephony

@testable import Workers

extension SubscriptionHistory {
    /// All trouble ends, time passes, somebody presses "retry now", and the drift check comes by twice.
    ///
    /// - Returns: what is wrong then.
    mutating func comeToRest() async throws -> [String] {
        self.story.append("the end")
        self.pbx.clearFaults()
        if self.isRevoked {
            self.isRevoked = false
            try self.pbx.addApplication(appID: self.appID, appSecret: "secret", clientID: self.clientID)
        }
        try await self.pass(4_000, inTrouble: false)
        var isAtRest = try await self.reconcileUntilRest()
        try await self.pass(21_601, inTrouble: false)
        isAtRest = try await self.reconcileUntilRest() && isAtRest
        if !self.isSuspended {
            try await self.world.requestAll()
            isAtRest = try await self.reconcileUntilRest() && isAtRest
        }
        try await self.observe()
        try await self.pass(21_601, inTrouble: false)
        self.pbx.clearRequestLog()
        try await self.processes[0].keepHouse()
        isAtRest = try await self.reconcileUntilRest() && isAtRest
        guard isAtRest else { return ["it does not come to rest"] }
        var wrong = self.wrongRequests()
        try await self.observe()
        let states = try await self.world.states()
        let problems = try await self.world.problems()
        for id in self.extensionIDs {
            let problems = problems.filter { $0.extensionID?.rawValue == Int64(id) }.map(\.problem)
            let state = states.first { $0.extensionID.rawValue == Int64(id) }?.state
            let tokens = try await self.world.tokens(of: id)
            wrong += try self.wrong(with: id, state: state, problems: problems, live: tokens.live).map {
                "\(id): \($0)"
            }
        }
        wrong += problems.filter { $0.extensionID == nil }.map { "problem \($0.problem.code) of the whole tenant" }
        return wrong + (try await self.wrongRecords())
    }

    /// - Returns: whether nothing is left to do, however long one waits.
    private func reconcileUntilRest() async throws -> Bool {
        let id = self.world.scope.tenantID
        for _ in 0..<8 {
            while try await self.processes[0].reconcileDue() > 0 {}
            let progress = try await self.world.database.system { try await $0.removals.progress(of: id) }
            if progress.extensions.isEmpty { return true }
            try await self.world.pass(4_000)
        }
        return false
    }

    /// A drift check of what is right costs one GET an extension, with 30 rows or more one a page; that the access tokens ran
    /// out meanwhile does not count.
    private func wrongRequests() -> [String] {
        let requests = self.pbx.requestLog.filter { $0.resource != .token && $0.status != 401 }
        var wrong = requests.filter(\.isWrite).map { "the second pass sends \($0.method) \($0.path)" }
        for id in self.extensionIDs
        where requests.filter({ $0.extensionID == id }).count > (self.pbx.events(of: id).count < 30 ? 1 : 2) {
            wrong.append("the second pass looks at \(id) more than once")
        }
        return wrong
    }

    private mutating func wrong(
        with id: Int,
        state: SubscriptionState.State?,
        problems: [Problem],
        live: EventToken?
    ) throws -> [String] {
        let rows = self.pbx.events(of: id)
        let ours = self.ours(id)
        let wanted = Self.wantedTypes(of: self.onPBX(id)?.type)
        guard self.mapped.contains(id), !self.isSuspended else {
            var wrong = ours.isEmpty ? [] : ["rows \(ours.map(\.id)) although not wanted"]
            if !problems.isEmpty { wrong.append("problems \(problems.map(\.code)) although not wanted") }
            if ![nil, .removed].contains(state) { wrong.append("state \(state?.rawValue ?? "") although not wanted") }
            if !self.mapped.contains(id), live != nil { wrong.append("a live token although not mapped") }
            return wrong
        }
        guard let owner = self.onPBX(id) else {
            self.met.insert(.goneExtension)
            return self.expect(state, .failed, problems, .extensionGone)
        }
        guard !wanted.isEmpty else {
            self.met.insert(.refusedType)
            return self.expect(state, .failed, problems, .eventTypeRefused)
                + (ours.isEmpty ? [] : ["rows \(ours.map(\.id)) of a type that has none"])
        }
        guard let live else { return ["no live token although mapped"] }
        let url = "\(self.publicURL)/ext-event/\(live.text)"
        let right = ours.filter { $0.url == url && $0.method == "POST" }
        if right.count == ours.count, right.map(\.eventType).sorted() == wanted {
            return self.expect(state, .active, problems, nil)
        }
        let limit = min(owner.eventLimit, self.eventLimit)
        guard rows.count - ours.count + wanted.count > limit else {
            return ["fits into \(limit), but has \(self.words(ours, right)) among \(rows.count)"]
        }
        self.met.insert(.limitProblem)
        var wrong = self.expect(state, .failed, problems, .eventLimitReached)
        if right.count != ours.count || Set(ours.map(\.eventType)).count != ours.count {
            wrong.append("what stays is not right: \(self.words(ours, right))")
        }
        let unentitled = ours.filter { !self.entitled.contains($0.id) }
        if !unentitled.isEmpty { wrong.append("rows \(unentitled.map(\.id)) were added in vain") }
        if let problem = problems.first {
            wrong += try self.wrongNumbers(of: problem, rows: rows, ours: ours, wanted: wanted, limit: owner.eventLimit)
        }
        return wrong
    }

    private func words(_ ours: [SimulatedEvent], _ right: [SimulatedEvent]) -> String {
        ours.map { "\($0.eventType)\(right.contains($0) ? "" : " (wrong)")" }.joined(separator: ", ")
    }

    private func expect(
        _ state: SubscriptionState.State?,
        _ expectedState: SubscriptionState.State,
        _ problems: [Problem],
        _ expectedProblem: Problem.Code?
    ) -> [String] {
        var wrong = state == expectedState ? [] : ["state \(state?.rawValue ?? "none"), not \(expectedState)"]
        if problems.map(\.code) != [expectedProblem].compactMap({ $0 }) {
            wrong.append("problems \(problems.map(\.code)), not \(expectedProblem?.rawValue ?? "none")")
        }
        return wrong
    }

    private func wrongNumbers(
        of problem: Problem,
        rows: [SimulatedEvent],
        ours: [SimulatedEvent],
        wanted: [String],
        limit: Int
    ) throws -> [String] {
        let missing = wanted.filter { !ours.map(\.eventType).contains($0) }
        // What the tenant's setting allows is tried, and the PBX then shows its own limit.
        let isTried = rows.count + missing.count <= self.eventLimit
        let shown = max(isTried ? limit : self.eventLimit, rows.count)
        var hosts: [String: JSONSerializer.Value] = [:]
        for (host, rows) in Dictionary(grouping: rows.filter { $0.owner == .foreign }, by: Self.host) {
            hosts[host] = .number(rows.count)
        }
        let data = try JSONSerializer.object(problem.data) ?? [:]
        let expected: [String: JSONSerializer.Value] = [
            "limit": .number(shown), "used": .number(rows.count), "ours": .number(ours.count),
            "needed": .number(missing.count), "free": .number(shown - rows.count), "foreign_hosts": .object(hosts),
        ]
        return expected.filter { data[$0.key] != $0.value }.map { key, value in
            "the problem says \(key) \(data[key].map { "\($0)" } ?? "nothing"), not \(value)"
        }
    }

    private static func host(of row: SimulatedEvent) -> String {
        row.url.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    }

    /// Our rows on the PBX are those that are recorded.
    private func wrongRecords() async throws -> [String] {
        let id = self.world.scope.tenantID
        let recorded = try await self.world.database.system { try await $0.removals.progress(of: id) }.rows
            .filter { self.gone[Int($0.extensionID.rawValue)] == nil }.map { Int($0.eventID) }.sorted()
        let there = self.extensionIDs.flatMap { self.ours($0) }.map(\.id).sorted()
        return recorded == there ? [] : ["rows \(there) are on the PBX, \(recorded) are recorded"]
    }
}
