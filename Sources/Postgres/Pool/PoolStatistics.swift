/// How a pool is doing at one moment, for metrics.
package struct PoolStatistics: Sendable, Hashable {
    /// Connections that are open.
    package var open: Int
    /// Those of them that are in use.
    package var leased: Int
    /// Callers that wait for a connection.
    package var waiting: Int

    /// Takes the counts.
    package init(open: Int, leased: Int, waiting: Int) {
        self.open = open
        self.leased = leased
        self.waiting = waiting
    }
}
