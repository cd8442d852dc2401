extension [UInt8] {
    /// Appends an integer in network byte order.
    mutating func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { bytes in
            unsafe self.append(contentsOf: bytes)
        }
    }

    /// Appends what the closure appends, with its length as 4 bytes in front.
    mutating func appendWithLength(_ body: (inout [UInt8]) -> Void) {
        let start = self.count
        self.appendBigEndian(Int32(0))
        body(&self)
        let length = UInt32(truncatingIfNeeded: self.count - start - 4)
        self[start] = UInt8(truncatingIfNeeded: length >> 24)
        self[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        self[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        self[start + 3] = UInt8(truncatingIfNeeded: length)
    }

    /// Copies the bytes of a span.
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
