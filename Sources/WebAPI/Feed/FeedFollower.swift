import NIOCore
import Storage
import Telephony

/// The feed as an event stream: a message for each change, its `id` the cursor after it.
struct FeedFollower: StreamFollower {
    static let news = NewsSource.channel(Channel.calls)

    private let reader: FeedReader
    private let scope: TenantScope
    /// Changes that are in memory at a time.
    private let limit: Int
    private var place: FeedPlace
    private(set) var hasMore = true

    /// `place`: after what the reader has.
    init(reader: FeedReader, scope: TenantScope, limit: Int, place: FeedPlace) {
        self.reader = reader
        self.scope = scope
        self.limit = limit
        self.place = place
    }

    var silence: ByteBuffer { ByteBuffer(string: ":\n\n") }

    mutating func look() async throws -> ByteBuffer? {
        let page = try await self.reader.page(from: .after(self.place), limit: self.limit, of: self.scope)
        self.place = page.end
        self.hasMore = page.hasMore
        return page.calls.isEmpty ? nil : page.messages
    }
}

extension FeedPage {
    /// The changes as messages of an event stream.
    var messages: ByteBuffer {
        var bytes: [UInt8] = []
        for (change, place) in self.entries {
            bytes += "id: \(place.cursor)\nevent: \(change.operation)\ndata: ".utf8
            change.changeJSON.write(into: &bytes)
            bytes += "\n\n".utf8
        }
        return ByteBuffer(bytes: bytes)
    }
}
