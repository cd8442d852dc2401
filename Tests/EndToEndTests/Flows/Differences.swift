/// What differs between two sets of named things, a few of each kind: readable where a comparison of thousands is not.
func differences<Key: Hashable, Value: Equatable>(
    from expected: [Key: Value],
    to actual: [Key: Value]
) -> [String] {
    let missing = expected.keys.filter { actual[$0] == nil }
    let extra = actual.keys.filter { expected[$0] == nil }
    let changed = expected.keys.filter { key in actual[key].map { $0 != expected[key] } ?? false }
    func lines(_ keys: [Key], _ title: String, _ text: (Key) -> String) -> [String] {
        keys.isEmpty ? [] : ["\(keys.count) \(title)"] + keys.prefix(3).map { "\(title): \($0) \(text($0))" }
    }
    return lines(missing, "missing") { expected[$0].map { "\($0)" } ?? "" }
        + lines(extra, "not expected") { actual[$0].map { "\($0)" } ?? "" }
        + lines(changed, "different") { key in
            "expected \(expected[key].map { "\($0)" } ?? ""), found \(actual[key].map { "\($0)" } ?? "")"
        }
}
