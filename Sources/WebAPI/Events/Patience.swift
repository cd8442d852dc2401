/// Waits for an operation, but not longer than `limit`: it is cancelled then, and its end is left to `group`.
///
/// Nil: it was not done in time.
func result<Value: Sendable>(
    within limit: Duration,
    leftTo group: inout DiscardingTaskGroup,
    of operation: @escaping @Sendable () async -> Value
) async -> Value? {
    let (results, sink) = AsyncStream.makeStream(of: Value?.self)
    group.addTask {
        await withTaskGroup(of: Value?.self) { race in
            race.addTask { await operation() }
            race.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            sink.yield(await race.next() ?? nil)
            sink.finish()
            race.cancelAll()
        }
    }
    for await result in results { return result }
    return nil
}
