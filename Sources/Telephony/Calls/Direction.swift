/// Which way a call went, seen from the tenant.
package enum Direction: String, CaseIterable, Hashable, Sendable {
    case incoming
    case outgoing
}
