extension PostgresConnection {
    /// Has the server prepare a statement and say what it takes and what it gives, without running it.
    ///
    /// - Throws: ``PostgresError`` when the server cannot prepare it.
    package func describe(
        _ sql: StaticString,
        parameterTypes: [PostgresType]
    ) async throws(PostgresError) -> StatementDescription {
        let sink = DescriptionSink()
        try await self.run([PipelineOperation(describing: sql, parameterTypes: parameterTypes, sink: sink)])
        return try sink.get()
    }

    /// Compares what a statement binds and decodes with what the database says about its text: the number and the types
    /// of parameters and columns.
    ///
    /// - Throws: ``PostgresError`` that names the statement: with the code `decoding` for a difference, with the
    /// server's
    ///   own code when it cannot prepare the text.
    package func check<S: Statement>(_ statement: S) async throws(PostgresError) {
        var bindings = Bindings()
        statement.bind(&bindings)
        let declared = StatementDescription.sampleDecoding(of: S.self)
        do throws(PostgresError) {
            // Without our types first: the server then counts the parameters in the text, one too many would not show.
            // Where it cannot find the types out by itself, our types decide.
            if let inferred = try? await self.describe(S.sql, parameterTypes: []) {
                try self.compare(S.self, inferred, bindings: bindings.count)
            }
            let description = try await self.describe(S.sql, parameterTypes: bindings.types)
            let difference = description.mismatch(
                parameters: bindings.types,
                columns: declared.columns,
                ignoringColumns: S.Output.self == Void.self
            )
            if let difference {
                throw PostgresError(.decoding, message: difference)
            }
            if let failure = declared.failure {
                throw failure
            }
        } catch {
            throw error.named(S.name)
        }
    }

    private func compare<S: Statement>(
        _ type: S.Type,
        _ inferred: StatementDescription,
        bindings: Int
    ) throws(PostgresError) {
        guard inferred.parameters.count != bindings else {
            return
        }
        throw PostgresError(
            .decoding,
            message: "binds \(bindings) parameters, the text has \(inferred.parameters.count)"
        )
    }
}
