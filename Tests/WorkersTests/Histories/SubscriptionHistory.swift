import FoundationEssentials
import RingmeSimulator
import Storage
import Telephony
import TestSupport

@testable import Workers

/// What happens to one tenant, its extensions and their rows, at random; and what must be true when it is over.
struct SubscriptionHistory {
    /// What a history can meet and not every one does.
    enum Met: String, CaseIterable {
        case kill, cancellation, twoProcesses, editDuringRun, fault, limitProblem, goneExtension, refusedType,
            suspension
    }

    let seed: UInt64
    /// The tenant on the lane's database and PBX.
    let world: ReconcilerTests.World
    let clientID: Int
    let appID: String
    let extensionIDs: [Int]

    /// The steps so far, in words.
    var story: [String] = []
    var met: Set<Met> = []
    /// Requests to the PBX that were counted so far.
    var requests = 0

    var random: SeededGenerator
    var publicURL = "https://one.example.com"
    var processes: [Reconciler] = []
    var foreign: ForeignEditor
    /// Foreign rows that are not as they were left.
    var damaged: [SimulatedEvent] = []
    /// Extensions that somebody took off the PBX.
    var gone: [Int: SimulatedExtension] = [:]
    /// Rows of ours that once were part of all that was wanted, or that somebody made by hand: no others may stay alone.
    var entitled: Set<Int> = []
    /// The types of the extensions as the product's directory has them.
    var listedTypes: [Int: String] = [:]
    var mapped: Set<Int> = []
    var isSuspended = false
    var isRevoked = false
    var eventLimit = 16

    var pbx: SimulatedPBX { self.world.pbx.pbx }

    /// Makes a tenant and a PBX client with two to four extensions, some with foreign rows.
    ///
    /// `seed`: what the history depends on; different within a lane.
    /// `lane`: whose database and PBX are used, by one history at a time.
    init(seed: UInt64, in lane: ReconcilerTests.World) async throws {
        var random = SeededGenerator(seed: seed)
        let number = 1_000_000 + Int(seed % 1_000_000) * 10
        let clientID = number
        let appID = "app\(number)"
        self.seed = seed
        self.clientID = clientID
        self.appID = appID
        try lane.pbx.pbx.addClient(
            SimulatedClient(id: clientID, prefix: "\(number)", appID: appID, appSecret: "secret")
        )
        let types = ["phone", "phone", "ivr", "queue"]
        let extensionIDs = (1...Int.random(in: 2...4, using: &random)).map { number + $0 }
        for (index, id) in extensionIDs.enumerated() {
            try lane.pbx.pbx.addExtension(
                SimulatedExtension(
                    id: id,
                    clientID: clientID,
                    name: "\(number)*10\(index)",
                    type: index == 0 ? "phone" : types.randomElement(using: &random) ?? "phone"
                )
            )
            guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
            for row in 0..<Int.random(in: 8...16, using: &random) {
                try lane.pbx.pbx.addForeignEvent(extensionID: id, url: "https://crm\(row % 3).example.com/\(row)")
            }
        }
        self.extensionIDs = extensionIDs
        let scope = try await TenantFixture.make("t\(seed)", in: lane.database, pbxURL: lane.pbx.url, appID: appID)
        self.world = ReconcilerTests.World(
            test: lane.test,
            scope: scope,
            pbx: lane.pbx,
            http: lane.http,
            keyRing: lane.keyRing,
            listener: lane.listener,
            reconciler: lane.reconciler,
            directory: lane.directory
        )
        self.foreign = ForeignEditor(pbx: lane.pbx.pbx, clientID: clientID, publicURL: self.publicURL)
        self.random = random
        try await self.world.readDirectory()
        try await self.restart()
    }

    /// Lives through the history and its end.
    ///
    /// - Returns: what is wrong; empty when all is right.
    mutating func play() async throws -> [String] {
        for _ in 0..<Int.random(in: 5...12, using: &self.random) {
            try await self.step()
            try await self.observe()
            if !self.pbx.violations.isEmpty { break }
        }
        var wrong = try await self.comeToRest()
        wrong += self.pbx.violations.map { "violation \($0.kind) on \($0.extensionID ?? 0), row \($0.eventID ?? 0)" }
        wrong += self.damaged.map { "foreign row \($0.id) is not as it was left" }
        self.count()
        return wrong
    }

    /// Removes the tenant with all its data, so that the next history has the lane to itself.
    ///
    /// - Returns: what is wrong: a row of ours that stays on the PBX, or a foreign one that does not.
    mutating func leave() async throws -> [String] {
        let foreign = self.pbx.allEvents.filter { $0.owner == .foreign }
        let id = self.world.scope.tenantID
        try await self.world.database.system { _ = try await $0.removals.begin(id) }
        while try await self.processes[0].reconcileDue() > 0 {}
        let removed = try await TenantRemover(
            database: self.world.database,
            listener: self.world.listener,
            logger: ReconcilerTests.logger
        ).removeConfirmed()
        guard removed == 1, self.pbx.allEvents == foreign else { return ["the tenant does not leave the PBX"] }
        for id in self.extensionIDs where self.gone[id] == nil { try self.pbx.removeExtension(id) }
        self.pbx.clearRequestLog()
        return []
    }

    /// Two processes with the public URL of now take the place of those before.
    mutating func restart() async throws {
        self.processes = (0..<2).map { _ in self.world.process(publicURL: self.publicURL) }
        try await self.processes[0].adoptPublicURL()
    }

    /// Takes down what is there between two steps.
    mutating func observe() async throws {
        self.damaged += self.foreign.damaged
        // Rows that faults added are under the editor's eyes from now on.
        self.foreign = ForeignEditor(pbx: self.pbx, clientID: self.clientID, publicURL: self.publicURL)
        // Which events are wanted goes by the last listing that had the extension.
        for listed in try await self.world.database.tenant(self.world.scope, { try await $0.directory.list() }) {
            self.listedTypes[Int(listed.id.rawValue)] = listed.type.rawValue
        }
        for id in self.extensionIDs {
            let ours = self.ours(id)
            if Set(Self.wantedTypes(of: self.listedTypes[id])).isSubset(of: ours.map(\.eventType)) {
                self.entitled.formUnion(ours.map(\.id))
            }
        }
        self.count()
    }

    private mutating func count() {
        self.requests += self.pbx.requestLog.count
        self.pbx.clearRequestLog()
    }

    /// The extension as it is on the PBX; nil when it is gone.
    func onPBX(_ id: Int) -> SimulatedExtension? {
        self.pbx.extensions(of: self.clientID).first { $0.id == id }
    }

    /// The rows that are ours, whatever we believe.
    func ours(_ id: Int) -> [SimulatedEvent] {
        self.pbx.events(of: id).filter { $0.owner == .application(self.appID) }
    }

    /// The events that an extension of the type is to have for us.
    static func wantedTypes(of type: String?) -> [String] {
        switch type {
        case "phone": ["answer", "dial-in", "dial-out", "hangup"]
        case "ivr", "queue": ["hangup"]
        default: []
        }
    }
}
