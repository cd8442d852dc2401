import RingmeSimulator
import Storage
import Synchronization
import Telephony
import TestSupport

@testable import Workers

extension SubscriptionHistory {
    /// One thing that happens, and mostly a run after it.
    mutating func step() async throws {
        // An extension that is not mapped has little to tell.
        switch self.mapped.isEmpty ? 0 : Int.random(in: 0..<100, using: &self.random) {
        case 0..<24: try await self.editMappings()
        case 24..<34: try await self.rotate()
        case 34..<38: try await self.movePublicURL()
        case 38..<44: try await self.changeTenant()
        case 44..<56: try self.editForeignRows()
        case 56..<64: try self.fill()
        case 64..<76: try self.editOurRows()
        case 76..<82: try self.changeExtension()
        case 82..<88: try self.changeLimit()
        case 88..<92: try self.changeAccess()
        default: try await self.pass([6, 61, 1_000, 3_601, 21_601, 90_000].randomElement(using: &self.random) ?? 61)
        }
        if Int.random(in: 0..<10, using: &self.random) < 7 {
            try await self.run()
        }
    }

    private mutating func tell(_ words: String) { self.story.append(words) }

    private mutating func anyExtension() -> Int {
        self.extensionIDs.randomElement(using: &self.random) ?? self.extensionIDs[0]
    }

    // MARK: - What administrators do here

    private mutating func newMappings() -> [(Int64, String?)] {
        let known = self.extensionIDs.filter { self.gone[$0] == nil || self.mapped.contains($0) }
        return known.filter { _ in Int.random(in: 0..<4, using: &self.random) > 0 }.map { id in
            (Int64(id), ["u1", "u2"].randomElement(using: &self.random))
        }
    }

    private mutating func editMappings() async throws {
        guard !self.isSuspended else { return }
        let mappings = self.newMappings()
        self.tell("mapped: \(mappings.map { "\($0.0) to \($0.1 ?? "nobody")" })")
        _ = try await self.world.map(mappings)
        self.mapped = Set(mappings.map { Int($0.0) })
    }

    private mutating func rotate() async throws {
        let id = self.anyExtension()
        guard !self.isSuspended, self.mapped.contains(id) else { return }
        self.tell("token of \(id) rotated")
        _ = try await self.world.rotate(id)
    }

    private mutating func movePublicURL() async throws {
        self.publicURL =
            self.publicURL == "https://one.example.com" ? "https://two.example.com" : "https://one.example.com"
        self.tell("public URL is \(self.publicURL)")
        try await self.restart()
    }

    private mutating func changeTenant() async throws {
        if Bool.random(using: &self.random) {
            self.isSuspended.toggle()
            self.met.insert(.suspension)
            self.tell(self.isSuspended ? "tenant suspended" : "tenant active")
        } else {
            self.eventLimit = [16, 16, 10, 5].randomElement(using: &self.random) ?? 16
            self.tell("event limit of the tenant is \(self.eventLimit)")
        }
        let id = self.world.scope.tenantID
        let (status, eventLimit) = (self.isSuspended ? Tenant.Status.suspended : .active, self.eventLimit)
        try await self.world.database.system { transaction in
            guard let tenant = try await transaction.tenants.find(id) else { return }
            var settings = tenant.settings
            settings.eventLimit = eventLimit
            _ = try await transaction.tenants.put(
                TenantStore.Definition(
                    id: id,
                    name: tenant.name,
                    locale: tenant.locale,
                    timeZone: tenant.timeZone,
                    status: status,
                    pbx: tenant.pbx,
                    settings: settings
                )
            )
        }
    }

    // MARK: - What happens on the PBX

    private mutating func editForeignRows() throws {
        let edits = try (0..<Int.random(in: 1...8, using: &self.random)).map { _ in
            try self.foreign.edit(using: &self.random)
        }
        self.tell("foreign edits: \(edits)")
    }

    /// Other integrations take all slots of an extension but a few, or give some back.
    private mutating func fill() throws {
        let id = self.anyExtension()
        guard let owner = self.onPBX(id) else { return }
        let rows = self.pbx.events(of: id)
        let wanted = max(0, owner.eventLimit - Int.random(in: 0...5, using: &self.random))
        if rows.count < wanted {
            for index in rows.count..<wanted {
                try self.pbx.addForeignEvent(extensionID: id, url: "https://crm\(index % 3).example.com/\(index)")
            }
        } else {
            let foreign = rows.filter { $0.owner == .foreign }.prefix(Int.random(in: 1...6, using: &self.random))
            for row in foreign { try self.pbx.removeEvent(row.id) }
        }
        self.leaveForeignAsTheyAre()
        self.tell("\(id) has \(self.pbx.events(of: id).count) rows")
    }

    /// The editor looked at its rows last at the end of the step before; since then only this step has changed any.
    private mutating func leaveForeignAsTheyAre() {
        self.foreign = ForeignEditor(pbx: self.pbx, clientID: self.clientID, publicURL: self.publicURL)
    }

    private mutating func editOurRows() throws {
        let id = self.anyExtension()
        for row in self.ours(id) where Int.random(in: 0..<3, using: &self.random) == 0 {
            switch Int.random(in: 0..<7, using: &self.random) {
            case 0...1:
                try self.pbx.removeEvent(row.id)
                self.tell("our row \(row.id) (\(row.eventType)) of \(id) deleted by hand")
            case 2:
                guard let owner = self.onPBX(id), self.pbx.events(of: id).count < owner.eventLimit else { continue }
                let copy = try self.pbx.addEvent(
                    extensionID: id,
                    url: row.url,
                    eventType: row.eventType,
                    method: row.method,
                    owner: row.owner
                )
                self.entitled.insert(copy.id)
                self.tell("our row \(row.id) of \(id) copied by hand: \(copy.id)")
            case 3:
                try self.pbx.changeEvent(row.id, method: "GET")
                self.tell("our row \(row.id) of \(id) made GET")
            case 4:
                let path = row.url.split(separator: "/").suffix(2).joined(separator: "/")
                try self.pbx.changeEvent(row.id, url: "http://moved.example.com/\(path)")
                self.tell("our row \(row.id) of \(id) sent to another host")
            case 5:
                try self.pbx.changeEvent(row.id, eventType: "voicemail")
                self.tell("our row \(row.id) of \(id) made one for voicemail")
            default:
                try self.pbx.changeEvent(row.id, url: "https://crm9.example.com/taken", owner: .foreign)
                self.tell("our row \(row.id) of \(id) became somebody else's")
            }
        }
        self.leaveForeignAsTheyAre()
    }

    private mutating func changeExtension() throws {
        let id = self.anyExtension()
        if let back = self.gone.removeValue(forKey: id) {
            try self.pbx.addExtension(back)
            self.tell("\(id) is back on the PBX")
        } else if Int.random(in: 0..<3, using: &self.random) == 0 {
            self.gone[id] = self.onPBX(id)
            try self.pbx.removeExtension(id)
            self.tell("\(id) taken off the PBX")
        } else {
            let type = ["phone", "phone", "ivr", "queue", "fax"].randomElement(using: &self.random) ?? "phone"
            try self.pbx.setType(type, extensionID: id)
            self.tell("\(id) is \(type) on the PBX")
        }
    }

    private mutating func changeLimit() throws {
        let id = self.anyExtension()
        guard self.gone[id] == nil else { return }
        let limit = [16, 16, 16, 20, 12, 6, 3].randomElement(using: &self.random) ?? 16
        try self.pbx.setEventLimit(limit, extensionID: id)
        self.tell("\(id) may have \(limit) rows")
    }

    private mutating func changeAccess() throws {
        switch Int.random(in: 0..<3, using: &self.random) {
        case 0:
            self.pbx.expireTokens(clientID: self.clientID)
            self.tell("the PBX forgets its access tokens")
        case 1:
            try self.pbx.consumeBudget(Int.random(in: 100...1_000, using: &self.random), clientID: self.clientID)
            self.tell("others use the budget")
        default:
            self.isRevoked.toggle()
            if self.isRevoked {
                try self.pbx.removeApplication(appID: self.appID, clientID: self.clientID)
            } else {
                try self.pbx.addApplication(appID: self.appID, appSecret: "secret", clientID: self.clientID)
            }
            self.tell(self.isRevoked ? "credentials revoked" : "credentials valid again")
        }
    }

    // MARK: - What the workers do

    /// Time passes, and what goes by the clock is done.
    mutating func pass(_ seconds: Int, inTrouble: Bool = true) async throws {
        self.tell("\(seconds) s pass")
        try await self.world.pass(seconds)
        if seconds >= 3_600 {
            if inTrouble, Int.random(in: 0..<3, using: &self.random) == 0 { self.addDirectoryFault() }
            try await self.world.script(
                "UPDATE directory_syncs SET due_at = now() WHERE tenant_id = '\(self.world.scope.tenantID)'"
            )
            try await self.world.readDirectory()
            self.pbx.clearFaults()
        }
        try await self.processes[0].keepHouse()
    }

    private mutating func addDirectoryFault() {
        let actions: [Fault.Action] = [
            .smallPages(1), .shrinkList(by: 1), .repeatFirstPage, Fault.internalError, Fault.html, Fault.emptyBody,
            .closeConnection,
        ]
        let action = actions.randomElement(using: &self.random) ?? .smallPages(1)
        self.pbx.addFault(Fault(action, clientID: self.clientID, resource: .extensions, times: nil))
        self.tell("the listing of extensions meets \(action)")
    }

    private mutating func run() async throws {
        let hasFault = Int.random(in: 0..<2, using: &self.random) == 0
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0..<2:
            if hasFault { self.addFault(isOfBudget: false) }
            try await self.runAndDie(cancelled: false)
        case 2:
            if hasFault { self.addFault(isOfBudget: false) }
            try await self.runAndDie(cancelled: true)
        case 3..<5:
            if hasFault { self.addFault() }
            try await self.runTwice()
        case 5:
            if hasFault { self.addFault() }
            try await self.runDuringEdit()
        default:
            if hasFault { self.addFault() }
            self.tell("a run")
            while try await self.processes[0].reconcileDue() > 0 {}
        }
        self.pbx.clearFaults()
    }

    private mutating func addFault(isOfBudget: Bool = true) {
        let actions: [Fault.Action] = [
            .none, Fault.internalError, Fault.html, Fault.brokenJSON, Fault.unauthorized, Fault.accessDenied,
            .closeConnection, .performThenClose, .performThenHang(.milliseconds(2)), .brokenGzip, .expireTokens,
            .setEventLimit(5), .setExtensionType("ivr"), .addForeignRows(3), .addForeignRows(12), .removeOwnRows,
            .unusualShape,
        ]
        // To a PUT or a DELETE an empty answer is the PBX's word that it is done.
        let ofAnswers: [Fault.Action] = [Fault.emptyBody]
        let ofBudget: [Fault.Action] = [
            .rateLimited(resetSeconds: 40), .rateLimited(resetSeconds: nil), .concurrentRequest, .consumeBudget(900),
        ]
        let places: [(String, ResourceKind)] = [
            ("GET", .events), ("POST", .events), ("POST", .events), ("PUT", .event), ("DELETE", .event),
        ]
        let place = places.randomElement(using: &self.random) ?? ("GET", .events)
        let possible = actions + (place.1 == .events ? ofAnswers : []) + (isOfBudget ? ofBudget : [])
        let action = possible.randomElement(using: &self.random) ?? .none
        let fault = Fault(
            action,
            clientID: self.clientID,
            method: place.0,
            resource: place.1,
            skip: Int.random(in: 0...4, using: &self.random),
            times: Int.random(in: 1...4, using: &self.random),
            delay: Bool.random(using: &self.random) ? .milliseconds(2) : .zero
        )
        self.met.insert(.fault)
        self.pbx.addFault(fault)
        self.tell("fault \(action) at \(place.0) \(place.1), after \(fault.skip), \(fault.times ?? 0) times")
    }

    /// A process that runs one extension ends in the middle of it, and its lease runs out.
    ///
    /// One extension, so that no request of another run is on its way when the lease is over: in life that takes two minutes.
    private mutating func runAndDie(cancelled: Bool) async throws {
        let id = self.anyExtension()
        let length = Int.random(in: 1...50, using: &self.random)
        self.met.insert(cancelled ? .cancellation : .kill)
        self.tell("a run of \(id) \(cancelled ? "cancelled" : "killed") at place \(length)")
        try await self.world.script(
            "UPDATE reconcile_todos SET due_at = due_at + interval '1 hour' WHERE extension_id <> \(id)"
        )
        let task = Mutex<Task<Void, any Error>?>(nil)
        let fuse = Fuse(length) {
            guard cancelled else { throw Fuse.Died() }
            task.withLock { $0?.cancel() }
        }
        let process = self.world.process(
            on: Database(pool: self.world.database.pool, checkpoint: { try fuse.burn() }),
            publicURL: self.publicURL
        )
        let run = task.withLock { task in
            let run = Task { while try await process.reconcileDue() > 0 {} }
            task = run
            return run
        }
        do {
            try await run.value
        } catch {
            self.tell("it ended by \(error is Fuse.Died ? "the kill" : "\(error)")")
        }
        try await self.world.script(
            """
            UPDATE reconcile_todos SET due_at = due_at - interval '1 hour' WHERE extension_id <> \(id);
            UPDATE reconcile_todos SET claimed_until = now() - interval '1 second' WHERE claimed_until IS NOT NULL;
            """
        )
    }

    private mutating func runTwice() async throws {
        self.met.insert(.twoProcesses)
        self.tell("a run of two processes")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for process in self.processes {
                group.addTask { while try await process.reconcileDue() > 0 {} }
            }
            try await group.waitForAll()
        }
    }

    private mutating func runDuringEdit() async throws {
        self.met.insert(.editDuringRun)
        self.tell("a run, and meanwhile")
        let process = self.processes[0]
        async let run: Void = { while try await process.reconcileDue() > 0 {} }()
        try await self.editMappings()
        try await self.rotate()
        try await run
        while try await process.reconcileDue() > 0 {}
    }
}

/// Burns down by one at each place where a process can end; what happens then is up to who lit it.
private final class Fuse: Sendable {
    struct Died: Error {}
    private let left: Mutex<Int>
    private let end: @Sendable () throws -> Void

    init(_ length: Int, end: @escaping @Sendable () throws -> Void) {
        self.left = Mutex(length)
        self.end = end
    }

    func burn() throws {
        let hasBurntDown = self.left.withLock { left in
            left -= 1
            return left < 0
        }
        if hasBurntDown { try self.end() }
    }
}
