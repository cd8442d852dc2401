import Testing

@testable import RingmeAPI

@Suite("Walking pages")
struct PageWalkTests {
    /// Serves pages until the walk ends.
    private func walk(
        _ pages: [[Int]],
        lastPageBelow: Int = 1
    ) -> (rows: [Int], asked: Int, last: PageWalk<Int, Int>.Step) {
        var walk = PageWalk<Int, Int>(lastPageBelow: lastPageBelow) { $0 }
        var asked = 0
        while true {
            let step = walk.received(asked < pages.count ? pages[asked] : [])
            asked += 1
            guard case .next(let page) = step else { return (walk.rows, asked, step) }
            #expect(page == asked + 1)
        }
    }

    @Test(
        "the walk ends safely and keeps each row once",
        arguments: [
            ([], [], 1),
            ([[1, 2, 3]], [1, 2, 3], 2),
            // Pages smaller than asked for, and of different sizes.
            ([[1, 2], [3], [4, 5, 6]], [1, 2, 3, 4, 5, 6], 4),
            // A server that ignores the page.
            ([[1, 2], [1, 2], [1, 2]], [1, 2], 2),
            // The list grew in front: rows move to the next page.
            ([[1, 2], [2, 3], [4]], [1, 2, 3, 4], 4),
            // The list shrank: the last page is gone.
            ([[1, 2], []], [1, 2], 2),
            // The last page comes again.
            ([[1, 2], [3], [3]], [1, 2, 3], 3),
            ([[1, 1, 2]], [1, 2], 2),
        ] as [([[Int]], [Int], Int)]
    )
    func ends(pages: [[Int]], rows: [Int], asked: Int) {
        let result = self.walk(pages)
        #expect(result.rows == rows)
        #expect(result.asked == asked)
        #expect(result.last == .finished)
    }

    @Test("a list shorter than every known page size takes one request")
    func shortList() {
        #expect(self.walk([Array(0..<16)], lastPageBelow: 30).asked == 1)
        #expect(self.walk([[]], lastPageBelow: 30).asked == 1)
    }

    @Test("a list as long as a page takes one more request")
    func fullPage() {
        let result = self.walk([Array(0..<30), Array(30..<33)], lastPageBelow: 30)
        #expect(result.rows == Array(0..<33))
        #expect(result.asked == 2)
    }

    @Test("a server that always has new rows is left")
    func endless() {
        let pages = (0..<PageWalk<Int, Int>.maximumPages + 1).map { [$0] }
        let result = self.walk(pages)
        #expect(result.last == .endless)
        #expect(result.asked == PageWalk<Int, Int>.maximumPages)
    }
}
