/// What comes before the elements in the binary form of an array.
struct PostgresArrayHeader {
    var element: PostgresType
    var count: Int
    /// Bytes that the header takes.
    var size: Int

    init(element: PostgresType, count: Int) {
        self.element = element
        self.count = count
        self.size = 20
    }

    /// Reads the header of an array with one dimension or none.
    ///
    /// - Throws: ``PostgresDecodingError`` for more dimensions.
    init(_ bytes: Span<UInt8>) throws(PostgresDecodingError) {
        let dimensions: Int32 = try bytes.bigEndian(at: 0)
        self.element = PostgresType(oid: try bytes.bigEndian(at: 8))
        switch dimensions {
        case 0:
            self.count = 0
            self.size = 12
        case 1:
            let count: Int32 = try bytes.bigEndian(at: 12)
            guard count >= 0 else {
                throw PostgresDecodingError("an array has \(count) elements")
            }
            self.count = Int(count)
            self.size = 20
        default:
            throw PostgresDecodingError("an array has \(dimensions) dimensions, not 1")
        }
    }

    /// Appends the header. PostgreSQL does not need to be told whether there are NULLs, it looks at the lengths.
    func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(Int32(self.count == 0 ? 0 : 1))
        buffer.appendBigEndian(Int32(0))
        buffer.appendBigEndian(self.element.oid)
        guard self.count > 0 else {
            return
        }
        buffer.appendBigEndian(Int32(truncatingIfNeeded: self.count))
        buffer.appendBigEndian(Int32(1))
    }
}
