import Crypto
import FoundationEssentials

/// What PostgreSQL keeps of a password: enough to check it, not to know it.
enum PasswordVerifier {
    /// The verifier of SCRAM-SHA-256 (RFC 5802, 7677) in the form of `pg_authid.rolpassword`, which `CREATE ROLE` takes
    /// instead of the password.
    ///
    /// The salt comes from the role's name: it is there against passwords that are guessed or used twice, and these are
    /// random and used once.
    static func scramSHA256(_ password: String, roleName: String, iterations: Int = 4096) -> String {
        let key = SymmetricKey(data: Array(password.utf8))
        let salt = Array(SHA256.hash(data: Array("ringbridge/\(roleName)".utf8)).prefix(16))
        var block = Array(HMAC<SHA256>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var salted = block
        for _ in 1..<iterations {
            block = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
            for index in salted.indices {
                salted[index] ^= block[index]
            }
        }
        let saltedKey = SymmetricKey(data: salted)
        func derive(_ name: String) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: saltedKey))
        }
        let storedKey = Array(SHA256.hash(data: derive("Client Key")))
        func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
        return "SCRAM-SHA-256$\(iterations):\(base64(salt))$\(base64(storedKey)):\(base64(derive("Server Key")))"
    }
}
