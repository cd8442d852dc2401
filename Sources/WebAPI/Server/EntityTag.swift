import HTTPTypes
import Hummingbird

/// The version of something as an ETag, and what `If-Match` demands of it (RFC 9110, 13.1.1).
enum EntityTag {
    static func text(_ version: Int64) -> String { "\"v\(version)\"" }

    /// What the sender says must be there.
    enum Condition: Hashable, Sendable {
        case none
        /// `*`: something.
        case any
        /// One of these tags, quotes included.
        case tags([String])

        init(_ request: Request) {
            let header = request.headers[values: .ifMatch].joined(separator: ",")
            let tags = header.split(separator: ",").map { String($0).trimmedSpace }
            if tags.isEmpty {
                self = request.headers.contains(.ifMatch) ? .tags([]) : .none
            } else {
                self = tags == ["*"] ? .any : .tags(tags)
            }
        }

        /// Whether the condition holds; `version` is nil when there is nothing.
        func holds(for version: Int64?) -> Bool {
            switch self {
            case .none: true
            case .any: version != nil
            // Strong comparison: a weak tag never matches.
            case .tags(let tags): version.map { tags.contains(EntityTag.text($0)) } ?? false
            }
        }
    }
}

extension String {
    fileprivate var trimmedSpace: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace {
            text.removeFirst()
        }
        while let last = text.last, last.isWhitespace {
            text.removeLast()
        }
        return String(text)
    }
}
