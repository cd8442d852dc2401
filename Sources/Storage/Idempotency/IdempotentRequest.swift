import Crypto
import FoundationEssentials
import Postgres
package import Telephony

/// A request that carries an Idempotency-Key: its sender may repeat it.
package struct IdempotentRequest: Hashable, Sendable {
    /// The tenant that it is about; nil for none.
    package var tenantID: TenantID?
    /// Who sent it, as the audit log names it. Each principal's keys are its own.
    package var principal: String
    /// 1 to 255 characters.
    package var key: String
    /// What tells it from another request: 32 bytes.
    package var fingerprint: [UInt8]

    /// `target`: path and query as they were sent.
    package init(
        tenantID: TenantID?,
        principal: String,
        key: String,
        method: String,
        target: String,
        body: [UInt8]
    ) {
        self.tenantID = tenantID
        self.principal = principal
        self.key = key
        var hash = SHA256()
        // Neither a method nor a target holds a line feed.
        hash.update(data: Data("\(method)\n\(target)\n".utf8))
        hash.update(data: Data(body))
        self.fingerprint = Array(hash.finalize())
    }
}

/// What a repetition is answered. Never holds a secret.
package struct IdempotentAnswer: Hashable, Sendable {
    package var status: Int
    /// One JSON object, member by header.
    package var headers: [UInt8]
    package var body: [UInt8]

    package init(status: Int, headers: [UInt8], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
