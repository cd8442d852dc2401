import HTTPTypes
import Hummingbird
import NIOCore
import Telephony

/// `GET /problems/{code}`: the page that a problem's `type` links to, in both languages.
struct ProblemPage: Sendable {
    func add(to router: some RouterMethods<APIContext>) {
        router.get("problems/{code}") { _, context in
            guard let code = context.parameters.get("code"), let entry = ProblemEntry.entry(of: code) else {
                throw HTTPProblem(.notFound)
            }
            return Self.response(code: code, entry: entry, status: ProblemCode(rawValue: code)?.status)
        }
    }

    private static func response(code: String, entry: ProblemEntry, status: HTTPResponse.Status?) -> Response {
        let sections = [Language.ru, .en].map { Self.section(entry, in: $0) }.joined(separator: "\n<hr>\n")
        let note = status.map { " (HTTP \($0.code))" } ?? ""
        let page = """
            <!DOCTYPE html>
            <html lang="ru">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escaped(entry.title.ru)) · \(Self.escaped(entry.title.en))</title>
            </head>
            <body>
            <p><code>\(Self.escaped(code))</code>\(note)</p>
            \(sections)
            </body>
            </html>

            """
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .cacheControl: "public, max-age=3600",
                .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page))
        )
    }

    private static func section(_ entry: ProblemEntry, in language: Language) -> String {
        let headings: (happened: String, remedy: String) =
            switch language {
            case .ru: ("Что произошло", "Что делать")
            case .en: ("What happened", "What to do")
            }
        return """
            <section lang="\(language.rawValue)">
            <h1>\(Self.escaped(entry.title[language]))</h1>
            <h2>\(headings.happened)</h2>
            <p>\(Self.escaped(entry.meaning[language]))</p>
            <h2>\(headings.remedy)</h2>
            <p>\(Self.escaped(entry.remedy[language]))</p>
            </section>
            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
