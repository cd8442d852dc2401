import Foundation
import Synchronization

/// A connector that follows the feed of its tenant by long polling, on whichever server answers.
final class FeedReader: Sendable {
    private struct State {
        var copy = FeedCopy()
        var cursor: String?
        /// The seq of the entry to stop at; nil: not yet.
        var end: Int64?

        var isFinished: Bool { self.end.map { self.copy.seq >= $0 } ?? false }
    }

    private struct Page: Decodable {
        var data: [FeedEntry]
        var nextCursor: String

        enum CodingKeys: String, CodingKey {
            case data
            case nextCursor = "next_cursor"
        }
    }

    private let servers: ServerPair
    private let key: String
    private let state = Mutex(State())

    /// A reader that has read nothing yet.
    init(servers: ServerPair, key: String) {
        self.servers = servers
        self.key = key
    }

    /// What it holds.
    var copy: FeedCopy { self.state.withLock { $0.copy } }

    /// Lets ``follow()`` return when it has seen the entry with this seq.
    func finish(at seq: Int64) {
        self.state.withLock { $0.end = seq }
    }

    /// Reads on from where it is, from the beginning at first, up to where ``finish(at:)`` says.
    func follow() async throws {
        let decoder = JSONDecoder()
        var server = 0
        while let path = self.nextPath {
            let answer = try? await self.servers[server].send(.get, path, key: self.key)
            guard let answer, answer.status != 503 else {
                // Dead or shutting down: the other one has the same feed, and the cursor is good there too.
                try Task.checkCancellation()
                server = 1 - server
                continue
            }
            guard answer.status == 200 else {
                throw BuiltProgram.Failure(description: "the feed answered \(answer.status): \(answer.text)")
            }
            let page = try decoder.decode(Page.self, from: answer.body)
            self.state.withLock { state in
                for entry in page.data { state.copy.apply(entry) }
                state.cursor = page.nextCursor
            }
        }
    }

    /// Nil when it is at its end.
    private var nextPath: String? {
        self.state.withLock { state in
            guard !state.isFinished else { return nil }
            return "/v1/calls/changes?\(state.cursor.map { "cursor=\($0)" } ?? "from=beginning")&limit=100&wait=1"
        }
    }
}
