/// Why the bytes of one value are not a value of the wanted type. Never quotes the bytes.
package struct PostgresDecodingError: Error, Sendable, Equatable {
    /// What was expected.
    package var message: String

    /// Takes what was expected; never the bytes.
    package init(_ message: String) {
        self.message = message
    }
}
