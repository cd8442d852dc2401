import Storage
import Telephony

/// A table of mappings, with the users that it names: a pure value. What is wrong with it is collected, so that the sender
/// hears of every wrong row at once.
struct MappingImport: Sendable {
    /// Lines of a file, the header too.
    static let maximumLines = 20_000

    /// The columns; the first two must be there.
    enum Column: String, CaseIterable, Sendable {
        /// The PBX's id, or the name with or without the client's prefix: `85219`, `2566*102`, `102`.
        case `extension`
        /// Empty for an IVR or a queue.
        case userID = "user_id"
        /// Makes the user, or gives it this name.
        case userName = "user_name"
        case userEmail = "user_email"
    }

    private struct Row: Sendable {
        var line: Int
        var `extension`: String
        var userID: UserID?
        /// That its user cannot be told was noted already.
        var lacksUser: Bool

        func pointer(to column: Column) -> String { "/lines/\(self.line)/\(column.rawValue)" }
    }

    /// The users that have a name in the table, each once. Without an email a user keeps the one it has.
    let users: [User]
    private let rows: [Row]
    /// Users that rows want to name, also in vain.
    private let namedUsers: Set<UserID>
    private let failures: [FieldFailure]

    /// - Throws: ``HTTPProblem`` 422 when the header leaves the meaning of rows open.
    init(_ table: CSVTable) throws(HTTPProblem) {
        var check = BodyCheck()
        let columns = try Self.columns(table.header)
        var rows: [Row] = []
        var named: [UserID: (user: User, line: Int)] = [:]
        var namedUsers: Set<UserID> = []
        for row in table.rows {
            let object = Self.object(row, columns: columns, in: &check)
            let name = check.text(object, Column.userName.rawValue)
            let email = check.email(object, Column.userEmail.rawValue)
            let isPerson = object.has(.userName) || object.has(.userEmail)
            let userID = check.text(object, Column.userID.rawValue, length: 1...256, required: isPerson)
                .map(UserID.init(rawValue:))
            if object.has(.userEmail), !object.has(.userName) {
                check.fail(object.pointer(to: .userName), .required)
            }
            if let userID, let name {
                let user = User(id: userID, name: name, email: email)
                if let earlier = named[userID], earlier.user != user {
                    check.fail(object.pointer(to: .userName), .invalidValue, .otherUser(line: earlier.line))
                } else {
                    named[userID] = (user, row.line)
                }
            }
            if let userID, object.has(.userName) {
                namedUsers.insert(userID)
            }
            guard let text = check.text(object, Column.extension.rawValue, required: true) else { continue }
            let lacksUser = userID == nil && (isPerson || object.has(.userID))
            rows.append(Row(line: row.line, extension: text, userID: userID, lacksUser: lacksUser))
        }
        self.rows = rows
        self.namedUsers = namedUsers
        self.failures = check.failures
        self.users = named.values.sorted { $0.line < $1.line }.map(\.user)
    }

    /// The users whom rows refer to.
    var usersOfRows: [UserID] { Array(Set(self.rows.compactMap(\.userID))) }

    /// The mappings of the rows.
    ///
    /// `directory`: what the last successful listing of the PBX had; nil while it could never be read.
    /// `users`: the users of ``usersOfRows`` that exist.
    /// - Throws: ``HTTPProblem`` 422 with all that is wrong.
    func mappings(directory: [ListedExtension]?, users: Set<UserID>) throws(HTTPProblem) -> [Mapping] {
        let names = ExtensionNames(directory)
        var failures = self.failures
        var found: [(row: Row, mapping: Mapping)] = []
        for row in self.rows {
            do throws(ExtensionNames.Failure) {
                let mapping = Mapping(extensionID: try names.find(row.extension), userID: row.userID)
                found.append((row, mapping))
            } catch {
                failures.append(
                    FieldFailure(pointer: row.pointer(to: .extension), code: error.code, detail: error.detail)
                )
            }
        }
        let mappings = found.map(\.mapping)
        let known = users.union(self.namedUsers)
        for failure in MappingValidation(mappings, directory: directory, users: known).failures {
            let row = found[failure.index].row
            guard !row.lacksUser || failure.refusal.column != .userID else { continue }
            failures.append(
                FieldFailure(
                    pointer: row.pointer(to: failure.refusal.column),
                    code: FieldFailure.Code(rawValue: failure.refusal.rawValue),
                    detail: nil
                )
            )
        }
        guard failures.isEmpty else { throw HTTPProblem(lines: failures) }
        return mappings
    }

    // MARK: - Form

    /// The column of each place in a row.
    private static func columns(_ header: CSVTable.Row?) throws(HTTPProblem) -> [Column?] {
        guard let header else {
            throw HTTPProblem(lines: [FieldFailure(pointer: "/lines/1", code: .required, detail: .header)])
        }
        var failures: [FieldFailure] = []
        var columns: [Column?] = []
        for name in header.values {
            let column = Column(rawValue: name.lowercased())
            // A column without a name has no meaning; spreadsheets save such when there once was something in it.
            if column == nil, !name.isEmpty {
                failures.append(
                    FieldFailure(pointer: header.pointer(to: name), code: .unknownMember, detail: .unknownColumn)
                )
            } else if let column, columns.contains(column) {
                failures.append(
                    FieldFailure(pointer: header.pointer(to: name), code: .invalidValue, detail: .repeatedColumn)
                )
            }
            columns.append(column)
        }
        for column in [Column.extension, .userID] where !columns.contains(column) {
            failures.append(
                FieldFailure(pointer: header.pointer(to: column.rawValue), code: .required, detail: .missingColumn)
            )
        }
        guard failures.isEmpty else { throw HTTPProblem(lines: failures) }
        return columns
    }

    /// A row as an object, without the values that are empty.
    private static func object(_ row: CSVTable.Row, columns: [Column?], in check: inout BodyCheck) -> BodyCheck.Object {
        var members: [String: JSONValue] = [:]
        for (index, value) in row.values.enumerated() where !value.isEmpty {
            if let column = columns.indices.contains(index) ? columns[index] : nil {
                members[column.rawValue] = .string(value)
            } else {
                check.fail(row.pointer(to: String(index + 1)), .unknownMember, .valueWithoutColumn)
            }
        }
        return BodyCheck.Object(pointer: "/lines/\(row.line)", members: members)
    }
}

extension BodyCheck.Object {
    fileprivate func has(_ column: MappingImport.Column) -> Bool { self.members[column.rawValue] != nil }

    fileprivate func pointer(to column: MappingImport.Column) -> String { self.pointer(to: column.rawValue) }
}

extension CSVTable.Row {
    fileprivate func pointer(to name: String) -> String {
        BodyCheck.Object(pointer: "/lines/\(self.line)", members: [:]).pointer(to: name)
    }
}

extension MappingRefusal {
    fileprivate var column: MappingImport.Column {
        switch self {
        case .userUnknown, .userRequired: .userID
        case .extensionUnknown, .extensionTypeUnsupported, .duplicateExtension: .extension
        }
    }
}

/// Finds the extension that people mean by an id or a name.
private struct ExtensionNames {
    private let directory: [ListedExtension]?
    private var ids: [String: Set<ExtensionID>] = [:]

    enum Failure: Error {
        case unknown
        /// More than one goes by it.
        case ambiguous
        /// Names mean nothing before the PBX's listing was read; a short number may be one.
        case unread
    }

    init(_ directory: [ListedExtension]?) {
        self.directory = directory
        for listed in directory ?? [] {
            let name = ExtensionName(listed.name)
            for text in [String(listed.id.rawValue), name.full, name.short] where !text.isEmpty {
                self.ids[text, default: []].insert(listed.id)
            }
        }
    }

    func find(_ text: String) throws(Failure) -> ExtensionID {
        guard self.directory == nil else {
            guard let found = self.ids[text] ?? self.ids[ExtensionName(text).full] else { throw .unknown }
            guard found.count == 1, let id = found.first else { throw .ambiguous }
            return id
        }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, text.utf8.count > 4, let number = Int64(text), number > 0 else { throw .unread }
        return ExtensionID(rawValue: number)
    }
}

extension ExtensionNames.Failure {
    var code: FieldFailure.Code {
        self == .ambiguous ? .invalidValue : FieldFailure.Code(rawValue: MappingRefusal.extensionUnknown.rawValue)
    }

    var detail: LocalizedText? {
        switch self {
        case .unknown: nil
        case .ambiguous:
            LocalizedText(
                ru: "Так называется не один добавочный; укажите полное имя (2566*102) или id.",
                en: "More than one extension goes by this; give the full name (2566*102) or the id."
            )
        case .unread:
            LocalizedText(
                ru:
                    "Список добавочных АТС ещё ни разу не прочитан, поэтому имя неизвестно; укажите id или повторите позже.",
                en: "The PBX's list of extensions was never read, so names are unknown; give the id, or try later."
            )
        }
    }
}

// MARK: - Texts

extension LocalizedText {
    fileprivate static func otherUser(line: Int) -> LocalizedText {
        LocalizedText(
            ru: "В строке \(line) у этого пользователя другие имя или адрес.",
            en: "Line \(line) gives this user another name or email."
        )
    }

    fileprivate static let header = LocalizedText(
        ru: "Файл пуст. Первая строка называет столбцы: \(Self.columnNames).",
        en: "The file is empty. The first line names the columns: \(Self.columnNames)."
    )
    fileprivate static let missingColumn = LocalizedText(
        ru: "Такого столбца нет в первой строке, а он обязателен. Столбцы: \(Self.columnNames).",
        en: "The first line lacks this column, which is required. The columns: \(Self.columnNames)."
    )
    fileprivate static let unknownColumn = LocalizedText(
        ru: "Такого столбца нет. Столбцы: \(Self.columnNames).",
        en: "There is no such column. The columns: \(Self.columnNames)."
    )
    fileprivate static let repeatedColumn = LocalizedText(
        ru: "Столбец указан дважды.",
        en: "The column is there twice."
    )
    fileprivate static let valueWithoutColumn = LocalizedText(
        ru: "Значение в столбце, которого нет в первой строке.",
        en: "A value in a column that the first line does not have."
    )

    private static let columnNames = MappingImport.Column.allCases.map(\.rawValue).joined(separator: ", ")
}

extension HTTPProblem {
    /// What is wrong with the lines of a file, in their order. It has the failures' own code when they all have the same one.
    fileprivate init(lines failures: [FieldFailure]) {
        let codes = Set(failures.map(\.code.rawValue))
        let only = codes.count == 1 ? codes.first.flatMap(ProblemCode.init(rawValue:)) : nil
        let sorted = failures.enumerated().sorted { left, right in
            (left.element.line, left.offset) < (right.element.line, right.offset)
        }
        self.init(only ?? .validationFailed, failures: sorted.map(\.element))
    }
}

extension FieldFailure {
    /// The line that the pointer names.
    fileprivate var line: Int {
        let parts = self.pointer.split(separator: "/")
        return parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }
}
