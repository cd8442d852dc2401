import Hummingbird

extension QueryParameters {
    /// A page, by `limit` and `cursor`, of a list that was read whole.
    ///
    /// `position`: the place of an entry, a text that grows along the list and stays when other entries come and go.
    /// - Throws: ``HTTPProblem`` 400 for a limit or a cursor that cannot be read.
    func page<Element>(
        of list: [Element],
        _ kind: Cursor.Kind,
        position: (Element) -> String,
        json: (Element) throws -> JSONValue
    ) throws -> Response {
        let limit = try self.limit()
        let after = try Cursor.decode(kind, self["cursor"])
        let rest = list.drop { element in after.map { position(element) <= $0 } ?? false }
        let page = rest.prefix(limit)
        let next = rest.count > limit ? page.last.map { Cursor.encode(kind, position($0)) } : nil
        return .page(try page.map(json), next: next)
    }
}
