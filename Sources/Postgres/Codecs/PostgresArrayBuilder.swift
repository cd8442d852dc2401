/// An array parameter that grows value by value in PostgreSQL's binary form: a column of a bulk insert.
///
/// A row that turns out bad half-way is taken back by ``rollBack(to:)`` on each of its columns.
package struct PostgresArrayBuilder: Sendable {
    /// A place to go back to.
    package struct Mark: Sendable, Hashable {
        fileprivate var count: Int
        fileprivate var offset: Int
    }

    /// The type of the elements.
    package let element: PostgresType
    /// How many elements there are, NULLs included.
    package private(set) var count = 0
    private(set) var elements: [UInt8] = []

    /// Starts an empty array of a type that ``PostgresType/array`` knows the array of.
    package init(element: PostgresType) {
        self.element = element
    }

    /// The bytes that the elements take so far.
    package var byteCount: Int { self.elements.count }

    /// The place to go back to when what is appended next turns out bad.
    package var mark: Mark { Mark(count: self.count, offset: self.elements.count) }

    /// Appends a value that is in binary form already, such as the UTF-8 of a text.
    package mutating func append(_ bytes: [UInt8]) {
        self.elements.appendBigEndian(Int32(truncatingIfNeeded: bytes.count))
        self.elements.append(contentsOf: bytes)
        self.count += 1
    }

    /// Appends a value that is in binary form already, such as the UTF-8 of a text.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        self.elements.appendWithLength { $0.append(contentsOf: bytes) }
        self.count += 1
    }

    /// Appends a value of the element type.
    package mutating func append<Value: PostgresEncodable>(_ value: Value) {
        assert(Value.postgresType == self.element, "\(Value.postgresType) in an array of \(self.element)")
        self.elements.appendWithLength { value.encode(into: &$0) }
        self.count += 1
    }

    /// Appends a value of the element type, or NULL.
    package mutating func append<Value: PostgresEncodable>(_ value: Value?) {
        switch value {
        case .none:
            self.appendNull()
        case .some(let value):
            self.append(value)
        }
    }

    /// Appends NULL.
    package mutating func appendNull() {
        self.elements.appendBigEndian(Int32(-1))
        self.count += 1
    }

    /// Takes back everything that was appended after the mark.
    package mutating func rollBack(to mark: Mark) {
        guard mark.offset <= self.elements.count else {
            return
        }
        self.elements.removeSubrange(mark.offset...)
        self.count = mark.count
    }

    /// Empties the array for the next batch.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        self.elements.removeAll(keepingCapacity: keepingCapacity)
        self.count = 0
    }

    func encode(into buffer: inout [UInt8]) {
        let header = PostgresArrayHeader(element: self.element, count: self.count)
        buffer.reserveCapacity(buffer.count + header.size + self.elements.count)
        header.encode(into: &buffer)
        buffer.append(contentsOf: self.elements)
    }
}
