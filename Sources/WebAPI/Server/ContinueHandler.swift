import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Answers `Expect: 100-continue` (RFC 9110, section 10.1.1), so that a sender that waits for it sends its body at once.
///
/// Only while no other answer is owed on the connection: the interim answer must not stand in the middle of one.
package final class ContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    /// Requests that came and whose answer has not ended.
    private var owedAnswers = 0

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let request) = Self.unwrapInboundIn(data) {
            if self.owedAnswers == 0, request.headerFields[.expect]?.lowercased() == "100-continue" {
                let interim = HTTPResponsePart.head(HTTPResponse(status: .continue))
                context.writeAndFlush(Self.wrapOutboundOut(interim), promise: nil)
            }
            self.owedAnswers += 1
        }
        context.fireChannelRead(data)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = Self.unwrapOutboundIn(data) {
            self.owedAnswers -= 1
        }
        context.write(data, promise: promise)
    }
}
