extension PostgresConfiguration {
    /// A libpq URI of the same database for another login.
    ///
    /// Only where the database is goes over: nothing of this configuration's own login, password or files.
    ///
    /// - Parameters:
    ///   - user: The role that logs in.
    ///   - password: Its password.
    /// - Returns: The URI; it holds the password.
    package func uri(user: String, password: String) -> String {
        // The string was read when the configuration was made.
        let options = (try? LibpqConnectionString.parse(self.connectionString)) ?? [:]
        let hosts = (options["host"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let ports = (options["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var query = ["hostaddr", "sslmode", "sslrootcert", "target_session_attrs"].compactMap { keyword in
            options[keyword].map { "\(keyword)=\(Self.escaped($0))" }
        }
        var authority = ""
        if hosts.contains(where: { $0.contains("/") || $0.contains(":") }) {
            // The path of a socket, or an IPv6 address.
            query += ["host", "port"].compactMap { keyword in
                options[keyword].map { "\(keyword)=\(Self.escaped($0))" }
            }
        } else {
            authority = hosts.enumerated().map { index, host in
                let port = ports.count > index ? ports[index] : ports.first ?? ""
                return Self.escaped(host) + (port.isEmpty ? "" : ":\(port)")
            }.joined(separator: ",")
        }
        let login = "\(Self.escaped(user)):\(Self.escaped(password))"
        let database = Self.escaped(options["dbname"] ?? options["user"] ?? "")
        let suffix = query.isEmpty ? "" : "?" + query.joined(separator: "&")
        return "postgresql://\(login)@\(authority)/\(database)\(suffix)"
    }

    /// Percent-encoded but for letters, digits and `-._~` (RFC 3986, unreserved).
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
