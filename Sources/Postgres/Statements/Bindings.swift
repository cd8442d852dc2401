/// The parameters of one statement in PostgreSQL's binary format, all in one buffer.
package struct Bindings: Sendable {
    /// The types of the parameters, in their order.
    package private(set) var types: [PostgresType] = []
    private(set) var bytes: [UInt8] = []
    /// The bytes of each parameter within ``bytes``; nil is NULL.
    private(set) var ranges: [Range<Int>?] = []

    /// No parameters yet.
    package init() {}

    /// How many parameters there are.
    package var count: Int { self.types.count }

    /// Appends the next parameter.
    package mutating func append<Value: PostgresEncodable>(_ value: Value) {
        let start = self.bytes.count
        value.encode(into: &self.bytes)
        self.finish(Value.postgresType, from: start)
    }

    /// Appends the next parameter, which may be NULL.
    package mutating func append<Value: PostgresEncodable>(_ value: Value?) {
        switch value {
        case .none:
            self.types.append(Value.postgresType)
            self.ranges.append(nil)
        case .some(let value):
            self.append(value)
        }
    }

    /// Appends an array that was built value by value as the next parameter.
    package mutating func append(_ array: PostgresArrayBuilder) {
        let start = self.bytes.count
        array.encode(into: &self.bytes)
        self.finish(array.element.array ?? .inferred, from: start)
    }

    private mutating func finish(_ type: PostgresType, from start: Int) {
        self.types.append(type)
        self.ranges.append(start..<self.bytes.count)
    }
}
