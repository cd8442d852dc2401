import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import Storage
import Synchronization
import Telephony

/// What is known about a request before anybody asks who sent it.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The request's id, of the sender or new; in the answer, the logs and the audit.
    var requestID = ""
    /// Set by ``Authentication``.
    var access: Access?
    /// Set by ``IdempotencyMiddleware`` when the sender may repeat the request.
    var attempt: IdempotentAttempt?
    /// What the inner layers tell the outer ones.
    let trail = RequestTrail()
    private let peer: SocketAddress?

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress
    }

    /// The address at the other end of the connection; nil for a Unix socket.
    var peerAddress: IPAddress? {
        self.peer?.ipAddress.flatMap { IPAddress($0) }
    }

    /// The address that the request comes from: the connection's, or, behind a trusted proxy, the one that it reports.
    func clientAddress(of request: Request, trustedProxies: [CIDR]) -> IPAddress? {
        guard let peerAddress = self.peerAddress else { return nil }
        let reported = request.headers[values: .forwardedFor].flatMap { value in
            value.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        }
        return ForwardedAddress.client(peer: peerAddress, reported: reported, trustedProxies: trustedProxies)
    }
}

/// Notes that travel outwards through the middlewares, past the contexts, which are values.
final class RequestTrail: Sendable {
    private struct Notes {
        var locale: Language?
        var tenantID: TenantID?
        var actor: String?
    }

    private let notes = Mutex(Notes())

    /// The locale of the tenant that the request works for.
    var locale: Language? { self.notes.withLock { $0.locale } }
    /// The tenant that the request works for.
    var tenantID: TenantID? { self.notes.withLock { $0.tenantID } }
    /// Who sent the request, as the audit log names it.
    var actor: String? { self.notes.withLock { $0.actor } }

    func note(actor: String, tenant: Tenant?) {
        self.notes.withLock { $0 = Notes(locale: tenant?.locale, tenantID: tenant?.id, actor: actor) }
    }
}
