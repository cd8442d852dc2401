import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import WebAPI

@Suite("Expect: 100-continue")
struct ContinueHandlerTests {
    private static func request(expecting expectation: String?) -> HTTPRequestPart {
        var request = HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/")
        request.headerFields[.expect] = expectation
        return .head(request)
    }

    @Test("a sender that waits is told to go on, before its request is read; another is not")
    func interimAnswer() throws {
        let channel = EmbeddedChannel(handler: ContinueHandler())
        try channel.writeInbound(Self.request(expecting: "100-Continue"))
        #expect(try channel.readOutbound(as: HTTPResponsePart.self) == .head(HTTPResponse(status: .continue)))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.request(expecting: "100-Continue"))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        _ = try channel.readOutbound(as: HTTPResponsePart.self)
        for expectation in [nil, "something-else"] {
            try channel.writeInbound(Self.request(expecting: expectation))
            #expect(try channel.readOutbound(as: HTTPResponsePart.self) == nil)
            try channel.writeOutbound(HTTPResponsePart.end(nil))
            _ = try channel.readOutbound(as: HTTPResponsePart.self)
        }
    }

    @Test("nothing is put into the middle of an earlier request's answer")
    func pipelined() throws {
        let channel = EmbeddedChannel(handler: ContinueHandler())
        try channel.writeInbound(Self.request(expecting: nil))
        try channel.writeInbound(Self.request(expecting: "100-continue"))
        #expect(try channel.readOutbound(as: HTTPResponsePart.self) == nil)
    }
}
