/// A language in which the product explains itself to people.
package enum Language: String, CaseIterable, Hashable, Sendable {
    case ru
    case en
}
