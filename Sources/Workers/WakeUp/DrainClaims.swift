import ServiceLifecycle

/// Runs what can be claimed, at most `atOnce` at a time, until nothing can be claimed any more or graceful shutdown begins. A
/// place that becomes free is filled at once, so one slow run does not hold up the others.
///
/// `claim` leases up to as many as it is asked for. `run` must not throw: it records its own failure.
///
/// - Returns: how many runs there were.
/// - Throws: what `claim` throws; the runs in progress are finished before.
func drainClaims<Claim: Sendable>(
    atOnce: Int,
    claim: (Int) async throws -> [Claim],
    run: @escaping @Sendable (Claim) async -> Void
) async throws -> Int {
    try await withThrowingTaskGroup(of: Void.self) { runs in
        var running = 0
        var total = 0
        while !Task.isShuttingDownGracefully {
            let claims = try await claim(atOnce - running)
            for claim in claims {
                runs.addTask { await run(claim) }
            }
            running += claims.count
            total += claims.count
            guard running > 0 else { break }
            try await runs.next()
            running -= 1
        }
        try await runs.waitForAll()
        return total
    }
}
