extension EventFields {
    /// What a webhook's bytes were understood as.
    package enum Decoded: Hashable, Sendable {
        /// Its fields.
        case fields(EventFields)
        /// Nothing that can be stored as text, and why.
        case undecodable(reason: String)
    }

    /// Reads a webhook as tolerantly as section 4 of the decisions asks: the query and the form body are merged and the
    /// body wins; `+` is a space; a broken `%` escape stays as it is; a name or value that is not UTF-8 is windows-1251; a
    /// body that is a JSON object is understood as well, whatever its content type. NUL makes the webhook undecodable.
    package static func decode(query: some Collection<UInt8>, body: some Collection<UInt8>) -> Decoded {
        let content = Array(body)
        // The first pair of a name stays, so the body goes first. It never throws for odd JSON: that is read as a form.
        let pairs = (FlatJSONObject.members(of: content) ?? formPairs(content)) + formPairs(Array(query))
        guard !pairs.contains(where: { $0.0.utf8.contains(0) || $0.1.utf8.contains(0) }) else {
            return .undecodable(reason: "a field contains a NUL character")
        }
        return .fields(EventFields(pairs))
    }

    /// The fields as a compact JSON object with sorted keys and only string values, in UTF-8.
    package func jsonObject() -> [UInt8] {
        FlatJSONObject.bytes(of: self.pairs)
    }

    /// The inverse of `jsonObject()`; nil when the bytes are not a JSON object.
    package init?(jsonObject: [UInt8]) {
        guard let members = FlatJSONObject.members(of: jsonObject) else {
            return nil
        }
        self.init(members)
    }
}

private func formPairs(_ bytes: [UInt8]) -> [(String, String)] {
    bytes.split(separator: UInt8(ascii: "&")).map { pair in
        let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
        return (formText(pair[..<equals]), formText(pair[equals...].dropFirst()))
    }
}

private func formText(_ encoded: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoded.count)
    var position = encoded.startIndex
    while position < encoded.endIndex {
        let byte = encoded[position]
        position += 1
        if byte == UInt8(ascii: "+") {
            bytes.append(UInt8(ascii: " "))
        } else if byte == UInt8(ascii: "%"), position + 1 < encoded.endIndex,
            let high = encoded[position].hexDigitValue, let low = encoded[position + 1].hexDigitValue
        {
            bytes.append(high << 4 | low)
            position += 2
        } else {
            bytes.append(byte)
        }
    }
    return receivedText(bytes)
}
