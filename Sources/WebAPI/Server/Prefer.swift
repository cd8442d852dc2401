/// The header `Prefer` (RFC 7240).
enum Prefer {
    /// Seconds of `wait=N`; nil when it is not there or no number: a preference is never an error.
    static func wait(_ headers: [String]) -> Int? {
        for item in headers.flatMap({ $0.split(whereSeparator: { $0 == "," || $0 == ";" }) }) {
            let parts = item.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace && $0 != "\"" } }
            if parts.count == 2, parts[0].lowercased() == "wait", let seconds = Int(parts[1]), seconds >= 0 {
                return seconds
            }
        }
        return nil
    }
}
