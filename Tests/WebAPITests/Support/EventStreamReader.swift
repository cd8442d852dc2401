import AsyncHTTPClient
import HummingbirdTesting
import NIOCore
import NIOHTTP1

@testable import WebAPI

/// Reads an event stream over a real connection, block by block.
struct EventStreamReader {
    /// What lies between two empty lines: the fields by name; a comment has the name "".
    typealias Block = [String: String]

    let response: HTTPClientResponse
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private var text = ""

    init(_ api: TestAPI, _ path: String, key: String, lastEventID: String? = nil) async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(api.client.port ?? 0)\(path)")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastEventID {
            request.headers.add(name: "Last-Event-ID", value: lastEventID)
        }
        self.response = try await HTTPClient.shared.execute(request, deadline: .distantFuture)
        self.iterator = self.response.body.makeAsyncIterator()
    }

    /// The next block; nil at the end of the stream.
    mutating func next() async throws -> Block? {
        while true {
            if let end = self.text.firstRange(of: "\n\n") {
                let lines = self.text[..<end.lowerBound].split(separator: "\n")
                self.text = String(self.text[end.upperBound...])
                return Dictionary(
                    lines.map { line in
                        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                        return (String(parts[0]), parts.count == 2 ? String(parts[1].drop { $0 == " " }) : "")
                    },
                    uniquingKeysWith: { first, _ in first }
                )
            }
            guard let chunk = try await self.iterator.next(isolation: #isolation) else { return nil }
            self.text += String(buffer: chunk)
        }
    }

    /// The next block that is a change; nil at the end of the stream.
    mutating func nextChange() async throws -> Block? {
        while let block = try await self.next() {
            if block["data"] != nil {
                return block
            }
        }
        return nil
    }
}

extension EventStreamReader.Block {
    /// The data of a message.
    var json: JSONValue { (try? JSONParser.parse(Array((self["data"] ?? "").utf8))) ?? .null }
}
