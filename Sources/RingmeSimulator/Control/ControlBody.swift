/// The JSON body of a control request, with problems that name the field.
struct ControlBody: Sendable {
    let value: JSONValue

    /// Reads a body; none is an empty object.
    init(_ bytes: [UInt8]) throws(SimulatorError) {
        guard !bytes.isEmpty else {
            value = .object([:])
            return
        }
        guard let value = JSONValue(parsing: bytes) else { throw .invalid("the body is not JSON") }
        self.value = value
    }

    init(_ value: JSONValue) {
        self.value = value
    }

    func text(_ name: String) throws(SimulatorError) -> String {
        guard let text = value[name]?.text else { throw .invalid("\(name) is missing or not text") }
        return text
    }

    func whole(_ name: String) throws(SimulatorError) -> Int {
        guard let whole = value[name]?.whole else { throw .invalid("\(name) is missing or not a whole number") }
        return whole
    }

    func text(_ name: String, default fallback: String) throws(SimulatorError) -> String {
        isAbsent(name) ? fallback : try text(name)
    }

    func whole(_ name: String, default fallback: Int) throws(SimulatorError) -> Int {
        isAbsent(name) ? fallback : try whole(name)
    }

    func optionalText(_ name: String) throws(SimulatorError) -> String? {
        isAbsent(name) ? nil : try text(name)
    }

    func optionalWhole(_ name: String) throws(SimulatorError) -> Int? {
        isAbsent(name) ? nil : try whole(name)
    }

    func optionalDecimal(_ name: String) throws(SimulatorError) -> Double? {
        guard !isAbsent(name) else { return nil }
        guard let number = value[name]?.decimal else { throw .invalid("\(name) is not a number") }
        return number
    }

    /// The elements of a list of whole numbers.
    func optionalWholes(_ name: String) throws(SimulatorError) -> [Int]? {
        guard !isAbsent(name) else { return nil }
        let numbers = value[name]?.elements?.map(\.whole)
        guard let numbers, !numbers.contains(nil) else { throw .invalid("\(name) is not a list of whole numbers") }
        return numbers.compactMap { $0 }
    }

    private func isAbsent(_ name: String) -> Bool {
        value[name] == nil || value[name] == .null
    }
}
