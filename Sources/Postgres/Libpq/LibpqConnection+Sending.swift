import CLibpq

extension LibpqConnection {
    /// Sends the text of a statement for preparation. False: it could not be queued.
    func sendPrepare(name: String, sql: StaticString, types: [PostgresType]) -> Bool {
        let text = unsafe sql.cString
        let oids = types.map { Oid($0.oid) }
        return unsafe PQsendPrepare(self.pointer, name, text, Int32(truncatingIfNeeded: oids.count), oids) == 1
    }

    /// Asks for the parameters and columns of a prepared statement.
    func sendDescribe(name: String) -> Bool {
        unsafe PQsendDescribePrepared(self.pointer, name) == 1
    }

    /// Runs a prepared statement; rows come in binary.
    func sendPrepared(name: String, bindings: Bindings) -> Bool {
        unsafe bindings.withParameters { values, lengths, formats in
            let count = Int32(truncatingIfNeeded: values.count)
            return unsafe PQsendQueryPrepared(
                self.pointer,
                name,
                count,
                values.baseAddress,
                lengths.baseAddress,
                formats.baseAddress,
                1
            ) == 1
        }
    }

    /// Prepares and runs a statement without keeping it; rows come in binary.
    func sendUnprepared(sql: StaticString, bindings: Bindings) -> Bool {
        let text = unsafe sql.cString
        let oids = bindings.types.map { Oid($0.oid) }
        return unsafe bindings.withParameters { values, lengths, formats in
            let count = Int32(truncatingIfNeeded: values.count)
            return unsafe PQsendQueryParams(
                self.pointer,
                text,
                count,
                oids,
                values.baseAddress,
                lengths.baseAddress,
                formats.baseAddress,
                1
            ) == 1
        }
    }

    /// Ends a pipeline segment and pushes it out.
    func sendSync() -> Bool {
        unsafe PQpipelineSync(self.pointer) == 1
    }

    /// Sends a text of one or several statements by the simple protocol; outside the pipeline only.
    func sendScript(_ sql: String) -> Bool {
        unsafe PQsendQuery(self.pointer, sql) == 1
    }

    /// Sends a text of one or several statements by the simple protocol; outside the pipeline only.
    func sendScript(_ sql: StaticString) -> Bool {
        unsafe PQsendQuery(self.pointer, sql.cString) == 1
    }

    /// Queues COPY data. Nil: there is no room now, flush and try again when the socket is writable.
    func putCopyData(_ bytes: [UInt8]) -> Bool? {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe PQputCopyData(
                self.pointer,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(truncatingIfNeeded: buffer.count)
            )
        }
        return result == 0 ? nil : result == 1
    }

    /// Ends the COPY data; with a reason the server gives the COPY up. Nil: there is no room now.
    func endCopy(failure: String?) -> Bool? {
        let result = unsafe PQputCopyEnd(self.pointer, failure)
        return result == 0 ? nil : result == 1
    }
}

extension StaticString {
    /// The text as C wants it; a `StaticString` that lies in memory ends in a NUL.
    fileprivate var cString: UnsafePointer<CChar>? {
        guard self.hasPointerRepresentation else {
            return nil
        }
        return unsafe UnsafeRawPointer(self.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

extension Bindings {
    /// Gives the parameters in the shape that libpq takes; the pointers are valid within the closure.
    @unsafe
    fileprivate func withParameters(
        _ body: (
            _ values: UnsafeBufferPointer<UnsafePointer<CChar>?>,
            _ lengths: UnsafeBufferPointer<Int32>,
            _ formats: UnsafeBufferPointer<Int32>
        ) -> Bool
    ) -> Bool {
        let lengths = self.ranges.map { Int32(truncatingIfNeeded: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: self.ranges.count)
        // An empty value is not NULL: it needs an address, also when all values are empty.
        var empty: CChar = 0
        return unsafe withUnsafePointer(to: &empty) { empty in
            unsafe self.bytes.withUnsafeBytes { bytes in
                let values = unsafe self.ranges.map { range -> UnsafePointer<CChar>? in
                    guard let range else {
                        return nil
                    }
                    guard !range.isEmpty, let base = bytes.baseAddress else {
                        return unsafe empty
                    }
                    return unsafe (base + range.lowerBound).assumingMemoryBound(to: CChar.self)
                }
                return unsafe values.withUnsafeBufferPointer { values in
                    unsafe lengths.withUnsafeBufferPointer { lengths in
                        unsafe formats.withUnsafeBufferPointer { formats in
                            unsafe body(values, lengths, formats)
                        }
                    }
                }
            }
        }
    }
}
