/// Walks the pages of a list to its end and keeps each row once.
///
/// The PBX's page size is not documented (30, 100 and 200 have been seen, whatever was asked for), so a page that is
/// shorter than asked is not the last. The walk ends at a page without a new row: an empty one, a repeated one, or one
/// that a list grown shorter has moved.
struct PageWalk<Row, ID: Hashable> {
    /// What to do after a page.
    enum Step: Equatable {
        /// Ask for this page.
        case next(page: Int)
        /// The rows are complete.
        case finished
        /// Every page brought new rows, and there were too many pages: this is no list.
        case endless
    }

    /// More pages than any PBX can have.
    static var maximumPages: Int { 1_000 }

    /// The rows so far, in the order of the PBX, each id once.
    private(set) var rows: [Row] = []
    private var seen: Set<ID> = []
    private var page = 1
    private let lastPageBelow: Int
    private let id: (Row) -> ID

    /// A walk that begins with page 1.
    ///
    /// - Parameters:
    ///   - lastPageBelow: a page with fewer rows than this is the last one; 1 when nothing is known of the page size.
    ///   - id: the identity of a row.
    init(lastPageBelow: Int, id: @escaping (Row) -> ID) {
        self.lastPageBelow = lastPageBelow
        self.id = id
    }

    /// Takes the rows of the page that was asked for last.
    mutating func received(_ page: [Row]) -> Step {
        var hasNewRow = false
        for row in page where self.seen.insert(self.id(row)).inserted {
            self.rows.append(row)
            hasNewRow = true
        }
        guard hasNewRow, page.count >= self.lastPageBelow else { return .finished }
        guard self.page < Self.maximumPages else { return .endless }
        self.page += 1
        return .next(page: self.page)
    }
}
