import FoundationEssentials

/// An opaque place in a list. It holds a position and nothing else: it grants no access, and stays valid across restarts.
///
/// Text form: base64url without padding of `<kind>.<position>`.
enum Cursor {
    /// Which list a cursor belongs to.
    enum Kind: String {
        case tenants = "t1"
        case users = "u1"
        case extensions = "e1"
        case agents = "a1"
        case calls = "c1"
        case feed = "f1"
        case live = "l1"
        case keys = "k1"
        case problems = "p1"
        case events = "v1"
        case audit = "w1"
    }

    static func encode(_ kind: Kind, _ position: String) -> String {
        Data("\(kind.rawValue).\(position)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The position; nil when there is no cursor.
    ///
    /// - Throws: ``HTTPProblem`` 400 for a text that this list did not give out.
    static func decode(_ kind: Kind, _ text: String?) throws(HTTPProblem) -> String? {
        guard let text else { return nil }
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard text.utf8.count <= 8_192, let data = Data(base64Encoded: base64 + padding),
            let plain = String(validating: Array(data), as: UTF8.self), plain.hasPrefix("\(kind.rawValue)."),
            !plain.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw HTTPProblem(.invalidCursor) }
        let position = String(plain.dropFirst(kind.rawValue.count + 1))
        guard Self.encode(kind, position) == text else { throw HTTPProblem(.invalidCursor) }
        return position
    }
}
