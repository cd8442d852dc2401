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

    let writer: MappingWriter

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.post("mappings/import") { request, context in try await self.run(request, context: context) }
    }

    private func run(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["dry_run", "replace"])
        let isDryRun = try query.flag("dry_run")
        let isWhole = try query.flag("replace")
        let file = try MappingImport(try await Self.table(request))
        let edit = MappingEdit(
            action: "mappings.import",
            readsDirectory: true,
            users: file.users.map(\.id),
            wanted: { try await Self.wanted(file, $0, isWhole: isWhole, in: $1) }
        )
        return try await self.writer.answer(edit, to: request, isDryRun: isDryRun, context: context)
    }

    /// What the file makes of the current set and of the users.
    ///
    /// - Throws: ``HTTPProblem`` 422 with all that is wrong.
    private static func wanted(
        _ file: MappingImport,
        _ current: [Mapping],
        isWhole: Bool,
        in transaction: TenantTransaction
    ) async throws -> WantedMappings {
        let isRead = try await transaction.directory.status().syncedAt != nil
        let rows = try file.mappings(
            directory: isRead ? try await transaction.directory.list() : nil,
            users: try await transaction.users.existing(file.usersOfRows)
        )
        let users = UserChange(file.users, known: try await transaction.users.find(file.users.map(\.id)))
        guard !isWhole || !rows.isEmpty else {
            throw HTTPProblem(
                .validationFailed,
                failures: [FieldFailure(pointer: "/lines/2", code: .required, detail: .noRow)]
            )
        }
        guard !isWhole else { return WantedMappings(mappings: rows, users: users) }
        let named = Set(rows.map(\.extensionID))
        return WantedMappings(mappings: current.filter { !named.contains($0.extensionID) } + rows, users: users)
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

extension LocalizedText {
    fileprivate static let noRow = LocalizedText(
        ru: "В файле нет ни одной строки. Чтобы убрать все соответствия, отправьте пустой список: PUT …/mappings.",
        en: "The file has no row. To remove all mappings, send an empty list by PUT …/mappings."
    )
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
