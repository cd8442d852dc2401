import CLibpq

/// The parts of an error or notice of the server. libpq names them by character macros (`PG_DIAG_…`), which Swift does
/// not import; the characters are those of the protocol (PostgreSQL manual, section 55.8).
enum LibpqErrorField: UnicodeScalar {
    case severity = "V"
    case sqlState = "C"
    case message = "M"
    case detail = "D"
    case hint = "H"
    case table = "t"
    case column = "c"
    case constraint = "n"

    /// Reads the part of a result; nil when it has none.
    func value(of result: OpaquePointer?) -> String? {
        let code = Int32(truncatingIfNeeded: self.rawValue.value)
        guard let value = unsafe PQresultErrorField(result, code) else {
            return nil
        }
        return unsafe String(cString: value)
    }
}
