import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// The PBX's extensions as the tenant's admin sees them: `/admin/v1/tenants/{tenant}/extensions`.
struct ExtensionRoutes: Sendable {
    /// How long `?refresh=true` waits for the PBX's listing.
    private static let refreshTime = Duration.seconds(10)

    let database: Database
    let changes: ChangeWait

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("extensions") { request, context in try await self.list(request, context: context) }
    }

    private func list(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["limit", "cursor", "refresh"])
        let limit = try query.limit()
        let position = try Cursor.decode(.extensions, query["cursor"])
        let after = position.flatMap { Int64($0) }
        guard position == nil || after != nil else { throw HTTPProblem(.invalidCursor) }
        if try query.flag("refresh") {
            try await self.refresh(context.scope)
        }
        let (status, data) = try await self.database.tenant(context.scope) { transaction in
            let status = try await transaction.directory.status()
            let listed = try await transaction.directory.list()
            let mappings = try await transaction.mappings.current().mappings
            let states = try await transaction.reconcile.states()
            let isSuspended = context.tenant.status != .active
            let views = ExtensionView.views(
                listed: listed,
                mappings: mappings,
                states: states,
                isSuspended: isSuspended
            )
            return (status, views)
        }
        let rest = data.drop { $0.id.rawValue <= after ?? .min }
        let page = rest.prefix(limit)
        let next = rest.count > limit ? page.last.map { Cursor.encode(.extensions, String($0.id.rawValue)) } : nil
        return .json([
            "data": .array(page.map(\.json)),
            "next_cursor": JSONValue(next),
            "directory": [
                "synced_at": JSONValue(status.syncedAt), "error_code": JSONValue(status.errorCode),
                "reading": .bool(status.isDue),
            ],
        ])
    }

    /// Asks for a read of the PBX's listing and waits until it has ended, well or not.
    private func refresh(_ scope: TenantScope) async throws {
        try await self.database.tenant(scope) { try await $0.directory.requestSync() }
        _ = try await self.changes.first(
            on: Channel.directoryRead,
            of: scope.tenantID,
            within: Self.refreshTime,
            every: .milliseconds(500)
        ) {
            let status = try await self.database.tenant(scope) { try await $0.directory.status() }
            return status.isDue ? nil : true
        }
    }
}

/// An extension with what belongs to it.
struct ExtensionView {
    var listed: ListedExtension
    /// Nil: not mapped.
    var mapping: Mapping?
    var state: SubscriptionState?
    /// Nothing is wanted on the PBX until the tenant is active again.
    var isSuspended: Bool

    var id: ExtensionID { self.listed.id }

    static func views(
        listed: [ListedExtension],
        mappings: [Mapping],
        states: [SubscriptionState],
        isSuspended: Bool
    ) -> [ExtensionView] {
        let mappings = Dictionary(mappings.map { ($0.extensionID, $0) }, uniquingKeysWith: { first, _ in first })
        let states = Dictionary(states.map { ($0.extensionID, $0) }, uniquingKeysWith: { first, _ in first })
        return listed.sorted { $0.id < $1.id }.map {
            ExtensionView(listed: $0, mapping: mappings[$0.id], state: states[$0.id], isSuspended: isSuspended)
        }
    }

    var json: JSONValue {
        [
            "extension_id": .integer(self.id.rawValue),
            "name": .string(self.listed.name),
            "type": .string(self.listed.type.rawValue),
            "label": JSONValue(self.listed.label),
            "status": .string(self.listed.status),
            "mapping": self.mapping.map { ["user_id": JSONValue($0.userID?.rawValue)] } ?? .null,
            "subscription": self.subscription,
            "last_event_at": JSONValue(self.listed.lastEventAt),
        ]
    }

    /// Null for an extension that is not mapped and of which nothing is left on the PBX.
    private var subscription: JSONValue {
        guard self.mapping != nil || (self.state.map { $0.state != .removed } ?? false) else { return .null }
        let state = self.state
        let shown = ReconcileReport.State(
            isWanted: self.mapping != nil && !self.isSuspended,
            state: state?.state,
            isAnswered: true
        )
        return [
            "state": .string(shown.rawValue),
            "slots": state?.slots?.json ?? .null,
            "missing": JSONValue(state?.missing ?? []),
        ]
    }
}

extension SubscriptionState.Slots {
    fileprivate var json: JSONValue {
        [
            "limit": JSONValue(self.limit),
            "used": JSONValue(self.used),
            "ours": JSONValue(self.ours),
            "foreign": JSONValue(self.used - self.ours),
            "foreign_hosts": .object(
                self.foreignHosts.sorted { $0.key < $1.key }.map {
                    JSONValue.Member(name: $0.key, value: JSONValue($0.value))
                }
            ),
        ]
    }
}
