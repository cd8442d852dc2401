import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// Mappings and users from a file: `POST /admin/v1/tenants/{tenant}/mappings/import`.
///
/// Its rows are added to the set or change it; with `replace=true` they are the whole set. Repeated, it changes nothing.
struct MappingImportRoute: Sendable {
    /// Of a file, in bytes.
    private static let maximumBody = 4 << 20

    let mappings: MappingRoutes

    private var database: Database { self.mappings.database }

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.post("mappings/import") { request, context in try await self.run(request, context: context) }
    }

    private func run(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["dry_run", "replace"])
        let isDryRun = try query.flag("dry_run")
        let isWhole = try query.flag("replace")
        let condition = EntityTag.Condition(request)
        let wanted = try MappingImport(try await Self.table(request))
        try context.requireActive()
        let wait = PreferredWait(request)
        let language = context.language(of: request)
        try await self.mappings.waitForDirectory(context.scope, until: wait.deadline)
        guard !isDryRun else {
            let (subjects, users) = try await self.database.snapshot(of: context.scope) { transaction in
                let current = try await transaction.mappings.current()
                let change = try await Self.change(wanted, current, condition, isWhole: isWhole, in: transaction)
                return (
                    try await transaction.mappings.subjects(of: change.mappings, current: current), change.users
                )
            }
            let preview = try await self.mappings.inquiries.answer(
                PlanPreview.self,
                to: .plan(subjects),
                of: context.scope,
                until: wait.deadline
            )
            return .json(preview.json(in: language).adding("users", users.json), headers: wait.headers)
        }
        let (set, tickets, users) = try await self.write(wanted, condition, isWhole: isWhole, context: context)
        let report = try await self.mappings.reconcile.report(context.scope, after: tickets, until: wait.deadline)
        var headers = wait.headers
        headers[.eTag] = EntityTag.text(set.version)
        return .json(
            [
                "mappings": .array(set.mappings.map(\.json)),
                "reconcile": report.json(in: language),
                "users": users.json,
            ],
            headers: headers
        )
    }

    /// The write itself: users, mappings and audit in one transaction, on the set as it is then.
    private func write(
        _ wanted: MappingImport,
        _ condition: EntityTag.Condition,
        isWhole: Bool,
        context: TenantAdminContext
    ) async throws -> (set: MappingSet, tickets: [ReconcileTicket], users: UserChange) {
        try await self.database.tenant(context.scope) { transaction in
            let locked = try await transaction.mappings.lockCurrent()
            try await transaction.users.lock(wanted.users.map(\.id))
            let change = try await Self.change(wanted, locked, condition, isWhole: isWhole, in: transaction)
            try await transaction.users.put(change.users.changed)
            var generator = SystemRandomNumberGenerator()
            let (set, tickets) = try await transaction.mappings.replace(
                change.mappings,
                locked: locked,
                keyRing: self.mappings.keyRing,
                using: &generator
            )
            if set.version != locked.version || !change.users.changed.isEmpty {
                try await transaction.audit(
                    Self.auditEntry(from: locked.mappings, to: set.mappings, users: change.users, context: context)
                )
            }
            return (set, tickets, change.users)
        }
    }

    /// What the file makes of the current set and of the users.
    ///
    /// - Throws: ``HTTPProblem``: 412, or 422 with all that is wrong.
    private static func change(
        _ wanted: MappingImport,
        _ current: MappingSet,
        _ condition: EntityTag.Condition,
        isWhole: Bool,
        in transaction: TenantTransaction
    ) async throws -> (mappings: [Mapping], users: UserChange) {
        guard condition.holds(for: current.version) else { throw HTTPProblem(.preconditionFailed) }
        let isRead = try await transaction.directory.status().syncedAt != nil
        let rows = try wanted.mappings(
            directory: isRead ? try await transaction.directory.list() : nil,
            users: try await transaction.users.existing(wanted.usersOfRows)
        )
        let users = UserChange(wanted.users, known: try await transaction.users.find(wanted.users.map(\.id)))
        guard !isWhole else { return (rows, users) }
        let named = Set(rows.map(\.extensionID))
        return (current.mappings.filter { !named.contains($0.extensionID) } + rows, users)
    }

    /// Only what differs is noted: sets can be large.
    private static func auditEntry(
        from old: [Mapping],
        to new: [Mapping],
        users: UserChange,
        context: TenantAdminContext
    ) -> AuditEntry {
        let (oldSet, newSet) = (Set(old), Set(new))
        func json(_ mappings: [Mapping], _ users: [User]) -> PostgresJSON {
            let value: JSONValue = ["mappings": .array(mappings.map(\.json)), "users": .array(users.map(\.json))]
            return PostgresJSON(bytes: value.bytes)
        }
        return AuditEntry(
            actor: context.principal.actor,
            action: "mappings.import",
            target: "mappings",
            before: json(old.filter { !newSet.contains($0) }, users.replaced),
            after: json(new.filter { !oldSet.contains($0) }, users.changed),
            requestID: context.requestID
        )
    }

    /// - Throws: ``HTTPProblem``: 415 for another content type, 413 beyond the limits, 422 for what is no table.
    private static func table(_ request: Request) async throws -> CSVTable {
        guard request.headers[.contentType].map(MediaRange.isCSV) ?? true else {
            throw HTTPProblem(
                .unsupportedMediaType,
                detail: LocalizedText(
                    ru: "Тело запроса должно быть таблицей: Content-Type: text/csv.",
                    en: "The body of the request must be a table: Content-Type: text/csv."
                )
            )
        }
        let bytes = try await request.bytes(upTo: Self.maximumBody)
        do {
            return try CSVTable(bytes, maximumLines: MappingImport.maximumLines)
        } catch {
            throw error.problem
        }
    }
}

extension UserChange {
    fileprivate var json: JSONValue {
        ["created": JSONValue(self.created.count), "updated": JSONValue(self.updated.count)]
    }
}

extension CSVTable.Failure {
    fileprivate var problem: HTTPProblem {
        switch self {
        case .notText:
            Self.problem(
                "",
                LocalizedText(
                    ru: "Кодировка файла не распознана. Сохраните его как «CSV UTF-8».",
                    en: "The file's encoding is not known. Save it as \"CSV UTF-8\"."
                )
            )
        case .workbook:
            Self.problem(
                "",
                LocalizedText(
                    ru: "Это книга Excel, а не CSV. Сохраните её как «CSV UTF-8».",
                    en: "This is an Excel workbook, not CSV. Save it as \"CSV UTF-8\"."
                )
            )
        case .tooManyLines:
            HTTPProblem(
                .bodyTooLarge,
                detail: LocalizedText(
                    ru: "В файле больше \(MappingImport.maximumLines) строк; разделите его.",
                    en: "The file has more than \(MappingImport.maximumLines) lines; split it."
                )
            )
        case .unclosedQuote(let line):
            Self.problem(
                "/lines/\(line)",
                LocalizedText(
                    ru: "Кавычка открыта и не закрыта.",
                    en: "A quote is opened and never closed."
                )
            )
        case .strayQuote(let line):
            Self.problem(
                "/lines/\(line)",
                LocalizedText(
                    ru: "Кавычка внутри значения: возьмите всё значение в кавычки, а кавычки в нём удвойте.",
                    en: "A quote inside a value: put the whole value in quotes, and double those inside."
                )
            )
        }
    }

    private static func problem(_ pointer: String, _ detail: LocalizedText) -> HTTPProblem {
        HTTPProblem(
            .validationFailed,
            failures: [FieldFailure(pointer: pointer, code: .invalidValue, detail: detail)]
        )
    }
}
