extension PostgresConnection {
    /// The connection's own queue: what its socket reports is on the actor already.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe self.executor.asUnownedSerialExecutor()
    }
}
