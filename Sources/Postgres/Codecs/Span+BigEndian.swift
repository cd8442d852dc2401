extension Span where Element == UInt8 {
    /// Reads an integer in network byte order.
    ///
    /// - Throws: ``PostgresDecodingError`` when fewer bytes are left.
    func bigEndian<Integer: FixedWidthInteger>(
        at offset: Int,
        as type: Integer.Type = Integer.self
    ) throws(PostgresDecodingError) -> Integer {
        let size = Integer.bitWidth / 8
        guard offset >= 0, self.count - offset >= size else {
            throw PostgresDecodingError("\(size) bytes are missing at \(offset) of \(self.count)")
        }
        var value: Integer = 0
        for index in offset..<offset + size {
            value = value << 8 | Integer(truncatingIfNeeded: self[index])
        }
        return value
    }

    /// Reads an integer in network byte order that fills the value exactly.
    ///
    /// - Throws: ``PostgresDecodingError`` when the value has another size.
    func wholeBigEndian<Integer: FixedWidthInteger>() throws(PostgresDecodingError) -> Integer {
        guard self.count == Integer.bitWidth / 8 else {
            throw PostgresDecodingError("\(Integer.self) has \(Integer.bitWidth / 8) bytes, not \(self.count)")
        }
        return try self.bigEndian(at: 0)
    }
}
