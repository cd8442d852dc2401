package import NIOCore
package import NIOHTTPTypes

/// Closes a connection whose other side takes nothing more of an answer. It would keep what the answer needs for as long as it
/// likes: a stream's place, an export's snapshot, a graceful shutdown.
package final class StalledReaderHandler: ChannelOutboundHandler, RemovableChannelHandler {
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    /// Parts that were given to the connection and that it has not taken.
    private var pending = 0
    /// When it last took one, or the first of the pending ones was given.
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)
    private var check: Scheduled<Void>?

    /// `patience`: how long the other side may take nothing.
    package init(patience: TimeAmount = .seconds(60)) {
        self.patience = patience
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        if self.pending == 0 {
            self.lastProgress = context.eventLoop.now
        }
        self.pending += 1
        if self.check == nil {
            self.scheduleCheck(context, in: self.patience)
        }
        let eventLoop = context.eventLoop
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.pending -= 1
            self.lastProgress = eventLoop.now
        }
        context.write(data, promise: written)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.check?.cancel()
        self.check = nil
    }

    private func scheduleCheck(_ context: ChannelHandlerContext, in time: TimeAmount) {
        self.check = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.check = nil
            guard self.pending > 0 else { return }
            let silence = context.eventLoop.now - self.lastProgress
            if silence >= self.patience {
                context.close(promise: nil)
            } else {
                self.scheduleCheck(context, in: self.patience - silence)
            }
        }
    }
}
