extension RingmeClient {
    /// Sends one request a page until `PageWalk` has all rows. A failure on any page fails the whole list: a list that
    /// may lack rows is none.
    ///
    /// - Parameters:
    ///   - walk: where the rows are collected.
    ///   - operation: what the list is for.
    ///   - request: the request for a page, counted from 1.
    ///   - rows: sends the request and takes the rows out of the answer.
    /// - Returns: all rows, each id once.
    /// - Throws: `PBXError` of the page that failed; `unparsable` when the pages have no end.
    func allPages<Row, ID>(
        _ walk: PageWalk<Row, ID>,
        for operation: PBXOperation,
        request: (_ page: Int) -> PBXRequest,
        rows: (PBXRequest) async throws(PBXError) -> [Row]
    ) async throws(PBXError) -> [Row] {
        var walk = walk
        var page = 1
        while true {
            let received: [Row]
            do throws(PBXError) {
                received = try await rows(request(page))
            } catch  where error.code == .notFound && page > 1 {
                // A page beyond the last one is no resource to some servers.
                return walk.rows
            }
            switch walk.received(received) {
            case .next(let next):
                page = next
            case .finished:
                return walk.rows
            case .endless:
                throw PBXError(.unparsable, operation: operation, message: "The list has no end.")
            }
        }
    }

    /// Queries of the resources whose paging is not documented: none for page 1, the page alone after it.
    static func laterPageQuery(_ page: Int) -> [(name: String, value: String)] {
        page == 1 ? [] : [("page", String(page))]
    }

    /// The smallest page size that was ever seen; a list shorter than this has no second page.
    static let smallestPage = 30
}
