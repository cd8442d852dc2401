package import FoundationEssentials
import Postgres

/// Whether a request may go to a resource of a PBX now.
package enum PBXTurn: Hashable, Sendable {
    /// Requests to it are sent as they come.
    case notNeeded
    /// It takes one at a time, and this is the one.
    case taken
    /// It takes one at a time, and another is on its way.
    case waits
}

/// Resources that a PBX lets one request at a time use (the second kind of 429), for all server processes.
extension SystemTransaction {
    /// Takes the turn at a resource, when it needs one.
    ///
    /// `holder`: who gives it back.
    /// `seconds`: after so many it counts as given back; longer than a request takes.
    package func takeTurn(
        at resource: String,
        of owner: PBXBudgetOwner,
        holder: UUID,
        seconds: Int
    ) async throws -> PBXTurn {
        // The row as it is once nobody writes it any more: a condition of an UPDATE alone could not tell why there is none.
        guard let isFree = try await self.postgres.first(LockTurn(owner: owner, resource: resource)) else {
            return .notNeeded
        }
        guard isFree else { return .waits }
        _ = try await self.postgres.execute(
            TakeTurn(owner: owner, resource: resource, holder: holder, seconds: Int32(clamping: seconds))
        )
        return .taken
    }

    /// The request of that holder has ended.
    package func giveBackTurn(at resource: String, of owner: PBXBudgetOwner, holder: UUID) async throws {
        _ = try await self.postgres.execute(GiveBackTurn(owner: owner, resource: resource, holder: holder))
    }

    /// The PBX refused a request because another to the same resource was in progress. It is believed for a day.
    package func needTurns(at resource: String, of owner: PBXBudgetOwner) async throws {
        _ = try await self.postgres.execute(NeedTurns(owner: owner, resource: resource))
    }
}

struct LockTurn: Statement {
    static let sql: StaticString = """
        SELECT coalesce(held_until < now(), true) FROM pbx_turns
        WHERE pbx_url = $1 AND pbx_client = $2 AND resource = $3 AND refused_at > now() - interval '1 day' FOR UPDATE
        """
    var owner: PBXBudgetOwner
    var resource: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.owner, self.resource) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

struct TakeTurn: Statement {
    static let sql: StaticString = """
        UPDATE pbx_turns SET holder = $4, held_until = now() + $5 * interval '1 second'
        WHERE pbx_url = $1 AND pbx_client = $2 AND resource = $3
        """
    var owner: PBXBudgetOwner
    var resource: String
    var holder: UUID
    var seconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner, self.resource)
        bindings.append(self.holder)
        bindings.append(self.seconds)
    }
}

struct GiveBackTurn: Statement {
    static let sql: StaticString = """
        UPDATE pbx_turns SET holder = NULL, held_until = NULL
        WHERE pbx_url = $1 AND pbx_client = $2 AND resource = $3 AND holder = $4
        """
    var owner: PBXBudgetOwner
    var resource: String
    var holder: UUID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.owner, self.resource)
        bindings.append(self.holder)
    }
}

struct NeedTurns: Statement {
    static let sql: StaticString = """
        INSERT INTO pbx_turns (pbx_url, pbx_client, resource) VALUES ($1, $2, $3)
        ON CONFLICT (pbx_url, pbx_client, resource) DO UPDATE SET refused_at = now()
        """
    var owner: PBXBudgetOwner
    var resource: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.owner, self.resource) }
}

extension Bindings {
    /// What a turn is for: `$1` and `$2` the PBX client, `$3` the resource.
    fileprivate mutating func append(_ owner: PBXBudgetOwner, _ resource: String) {
        self.append(owner.pbxURL)
        self.append(owner.pbxClient)
        self.append(resource)
    }
}
