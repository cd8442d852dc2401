/// The parts of a row's URL that say whose it is. Read by hand: the URL is another integration's text as often as ours,
/// and must be classified whatever it holds.
struct EventURL {
    /// Without user, password and port, in small letters; nil when there is none.
    let host: String?
    /// The last component of the path when it has the form of a token.
    let token: EventToken?
    /// Scheme and authority in small letters and the rest as it is: what two URLs are compared by.
    let comparable: String

    init(_ text: String) {
        let url = text.trimmed()
        var head = ""
        var rest = url[...]
        var host: String?
        if let scheme = Self.schemeEnd(in: url) {
            let authorityEnd = url[scheme...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? url.endIndex
            head = url[..<authorityEnd].lowercased()
            rest = url[authorityEnd...]
            host = Self.host(ofAuthority: url[scheme..<authorityEnd])
        }
        self.host = host
        self.comparable = head + rest
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        let component = path.split(separator: "/").last
        self.token = component.flatMap { EventToken($0) }
    }

    private static func schemeEnd(in url: String) -> String.Index? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            return nil
        }
        return url.index(colon, offsetBy: 3)
    }

    private static func host(ofAuthority authority: Substring) -> String? {
        let withPort = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        let host: Substring
        if withPort.hasPrefix("["), let bracket = withPort.firstIndex(of: "]") {
            host = withPort[...bracket]
        } else {
            host = withPort.prefix { $0 != ":" }
        }
        return host.isEmpty ? nil : host.lowercased()
    }
}
