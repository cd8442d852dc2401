extension APIAnswer {
    /// The answer with ids as text and a key that no document names in every object.
    var unusual: APIAnswer {
        guard let value = JSONValue(parsing: body) else { return self }
        var answer = self
        answer.body = Self.unusual(value).serialized
        return answer
    }

    /// The answer packed, with the length of its first block gainsaid.
    var brokenGzip: APIAnswer {
        var answer = self
        answer.body = GzipEncoding.encode(body)
        answer.body[GzipEncoding.lengthCheckOffset] ^= 0xff
        answer.headers.append(FormField("Content-Encoding", "gzip"))
        answer.transfer = .asIs
        return answer
    }

    /// A few bytes that unpack to `size` at least.
    static func gzipBomb(unpackingTo size: Int) -> APIAnswer {
        APIAnswer(
            status: 200,
            headers: [FormField("Content-Encoding", "gzip")],
            body: GzipEncoding.bomb(unpackingTo: size),
            transfer: .asIs
        )
    }

    /// An empty list with `spaces` between its brackets.
    static func overlong(spaces: Int) -> APIAnswer {
        APIAnswer(status: 200, body: Array("[]".utf8), transfer: .padded(by: spaces))
    }

    private static func unusual(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .number, .string:
            return value
        case .array(let elements):
            return .array(elements.map(unusual))
        case .object(var members):
            for (name, value) in members {
                let isID = name == "id" || name.hasSuffix("_id")
                members[name] = isID ? value.text.map(JSONValue.string) ?? .null : unusual(value)
            }
            members["_links"] = ["self": "about:blank"]
            return .object(members)
        }
    }
}
