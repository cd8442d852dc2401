/// What PostgreSQL says about a statement that it has prepared but not run.
package struct StatementDescription: Sendable, Equatable {
    /// A column of the result.
    package struct Column: Sendable, Equatable {
        /// Its name in the result.
        package var name: String
        /// Its type.
        package var type: PostgresType

        /// Takes what the server says.
        package init(name: String, type: PostgresType) {
            self.name = name
            self.type = type
        }
    }

    /// The types of `$1`, `$2`, … as the server took them.
    package var parameters: [PostgresType]
    /// The columns of the result; none when the statement gives no rows.
    package var columns: [Column]

    /// Takes what the server says.
    package init(parameters: [PostgresType], columns: [Column]) {
        self.parameters = parameters
        self.columns = columns
    }

    /// The types that the statement's `decode` accepts, column by column; as far as it gets when it refuses samples.
    package static func declaredColumns<S: Statement>(of type: S.Type) -> [Set<PostgresType>] {
        self.sampleDecoding(of: type).columns
    }

    /// Runs `decode` over sample values.
    static func sampleDecoding<S: Statement>(
        of type: S.Type
    ) -> (columns: [Set<PostgresType>], failure: PostgresError?) {
        var row = Row(describing: { S.name })
        do {
            _ = try S.decode(&row)
            return (row.requested, nil)
        } catch {
            return (row.requested, error)
        }
    }

    /// The difference between what a statement declares and this, in words; nil when there is none.
    func mismatch(parameters: [PostgresType], columns: [Set<PostgresType>], ignoringColumns: Bool) -> String? {
        guard parameters.count == self.parameters.count else {
            return "binds \(parameters.count) parameters, the text has \(self.parameters.count)"
        }
        for (index, pair) in zip(parameters, self.parameters).enumerated() where pair.0 != pair.1 {
            return "binds parameter $\(index + 1) as \(pair.0), the database expects \(pair.1)"
        }
        guard !ignoringColumns else {
            return nil
        }
        guard columns.count == self.columns.count else {
            let names = self.columns.map(\.name).joined(separator: ", ")
            return "decodes \(columns.count) columns, the result has \(self.columns.count) (\(names))"
        }
        for (index, pair) in zip(columns, self.columns).enumerated() where !pair.0.contains(pair.1.type) {
            let accepted = pair.0.map(\.description).sorted().joined(separator: " or ")
            return "decodes column \(index + 1) (\(pair.1.name)) as \(accepted), the result has \(pair.1.type)"
        }
        return nil
    }
}
