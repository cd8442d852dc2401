/// The merged fields of one webhook: names as received and looked up in any case, values as received, no empty ones. The
/// order in which they came does not matter to equality or storage.
package struct EventFields: Hashable, Sendable {
    private struct Field: Hashable {
        let name: String
        let value: String
    }

    private let fields: [Field]

    /// Fields of these pairs. Pairs without a name or a value are dropped; of several with one name, also when they
    /// differ only in case, the first stays.
    package init(_ pairs: [(String, String)]) {
        var seen: Set<String> = []
        var fields: [Field] = []
        fields.reserveCapacity(pairs.count)
        // Comparing with each field before is the fastest for the few of an event, and no way to treat thousands.
        let isShort = pairs.count <= 32
        for (name, value) in pairs where !name.isEmpty && !value.isEmpty {
            let isNew =
                isShort
                ? !fields.contains { equalIgnoringASCIICase($0.name, name) }
                : seen.insert(foldingASCIICase(name)).inserted
            if isNew {
                fields.append(Field(name: name, value: value))
            }
        }
        self.fields = fields.sorted { $0.name < $1.name }
    }

    /// The value of a field, whatever the case of its name.
    package subscript(name: String) -> String? {
        self.fields.first { equalIgnoringASCIICase($0.name, name) }?.value
    }

    /// All fields, sorted by name.
    package var pairs: [(name: String, value: String)] {
        self.fields.map { (name: $0.name, value: $0.value) }
    }
}

private func foldingASCIICase(_ text: String) -> String {
    String(decoding: text.utf8.map(\.lowercasedASCII), as: UTF8.self)
}

private func equalIgnoringASCIICase(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count
        && left.utf8.elementsEqual(right.utf8) { $0.lowercasedASCII == $1.lowercasedASCII }
}

extension EventFields {
    /// The total order that settles ties between events where nothing else does.
    func precedes(_ other: EventFields) -> Bool {
        for (left, right) in zip(self.fields, other.fields) {
            if left.name != right.name {
                return left.name < right.name
            }
            if left.value != right.value {
                return left.value < right.value
            }
        }
        return self.fields.count < other.fields.count
    }
}
