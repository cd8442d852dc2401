import HTTPTypes
import Hummingbird
import Synchronization

/// Which methods each path takes, learned from the router when all its routes are there: the router itself answers 404 for
/// a known path with another method.
final class AllowedMethods: Sendable {
    /// The route that a path belongs to.
    struct Match: Hashable, Sendable {
        var route: String
        /// Sorted.
        var methods: [String]
    }

    fileprivate struct Route {
        var template: String
        var segments: [Substring]
        var methods: Set<String>
    }

    private let routes = Mutex<[Route]>([])

    /// Learns the routes, which are complete now.
    func learn(_ descriptions: [(path: String, method: HTTPRequest.Method)]) {
        let methods = Dictionary(grouping: descriptions, by: \.path).mapValues { Set($0.map(\.method.rawValue)) }
        let routes = methods.map { path, methods in
            Route(template: path, segments: path.split(separator: "/").map { Substring(String($0)) }, methods: methods)
        }
        // Of the templates that match, the most literal one comes first, as in the router.
        self.routes.withLock { $0 = routes.sorted { ($0.variables, $0.template) < ($1.variables, $1.template) } }
    }

    /// The route of a path with its methods; nil when no route has the path.
    func match(_ path: String) -> Match? {
        let segments = path.split(separator: "/")
        guard let route = self.routes.withLock({ $0.first { $0.matches(segments) } }) else { return nil }
        return Match(route: route.template, methods: route.methods.sorted())
    }
}

extension AllowedMethods.Route {
    fileprivate var variables: Int { self.segments.count { $0.hasPrefix("{") || $0 == "**" } }

    fileprivate func matches(_ path: [Substring]) -> Bool {
        for (index, segment) in self.segments.enumerated() {
            if segment == "**" {
                return path.count > index
            }
            guard index < path.count, segment.hasPrefix("{") || segment == path[index] else { return false }
        }
        return path.count == self.segments.count
    }
}
