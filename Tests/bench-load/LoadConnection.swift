import NIOCore

/// A connection of the load: one request at a time. Reads as much of HTTP as an answer of a few bytes needs.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let load: Load
    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    /// When the request that waits for its answer was due.
    private var start: NIODeadline?

    init(load: Load) {
        self.load = load
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func makeBuffer() -> ByteBuffer {
        self.context?.channel.allocator.buffer(capacity: 1_024) ?? ByteBuffer()
    }

    func send(_ request: ByteBuffer, since start: NIODeadline) {
        self.start = start
        self.context?.writeAndFlush(Self.wrapOutboundOut(request), promise: nil)
    }

    func close() {
        self.start = nil
        self.context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = Self.unwrapInboundIn(data)
        self.received.writeBuffer(&buffer)
        guard let answer = Answer(self.received) else { return }
        self.received.clear()
        guard let start = self.start else { return }
        self.start = nil
        self.load.answered(self, since: start, isOK: answer.isOK)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard self.start != nil else { return }
        self.start = nil
        self.load.failed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// A whole answer.
private struct Answer {
    var isOK: Bool

    /// Nil while bytes are missing.
    init?(_ buffer: ByteBuffer) {
        let bytes = buffer.readableBytesView
        guard let headEnd = bytes.firstRange(of: Self.blankLine)?.upperBound else { return nil }
        let head = bytes[..<headEnd]
        let length = Self.contentLength(head) ?? 0
        guard bytes.endIndex - headEnd >= length else { return nil }
        self.isOK = head.starts(with: Self.ok)
    }

    private static let blankLine = Array("\r\n\r\n".utf8)
    private static let ok = Array("HTTP/1.1 200".utf8)
    private static let name = Array("content-length:".utf8)

    private static func contentLength(_ head: ByteBufferView) -> Int? {
        var line = head.startIndex
        while let end = head[line...].firstIndex(of: UInt8(ascii: "\n")) {
            let text = head[line..<end]
            if text.count > Self.name.count, zip(text, Self.name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                let digits = text.dropFirst(Self.name.count).filter { (0x30...0x39).contains($0) }
                return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            }
            line = head.index(after: end)
        }
        return nil
    }
}
