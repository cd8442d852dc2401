/// Stands before every single request of a client, each page of a list included; the token endpoint does not count.
package protocol PBXGate: Sendable {
    /// Whether the request may be sent now. False: it fails as `heldBack`, and nothing is sent.
    func admit(_ operation: PBXOperation) async -> Bool

    /// Told once for each request that was admitted.
    ///
    /// `rateLimit`: what the answer said of the budget; nil when it said nothing, or there was none.
    /// `error`: why the request failed; nil when it did not.
    func ended(_ operation: PBXOperation, rateLimit: RateLimit?, error: PBXError?) async
}
