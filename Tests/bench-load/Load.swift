import Glibc
import NIOCore
import NIOPosix

/// Makes the load. Lives on one event loop.
final class Load {
    private let plan: LoadPlan
    private let eventLoop: any EventLoop
    private var requests: EventRequests
    private var result = LoadResult()
    private let promise: EventLoopPromise<LoadResult>
    private var measuredFrom = NIODeadline.uptimeNanoseconds(0)
    private var end = NIODeadline.uptimeNanoseconds(0)
    private var hasEnded = false
    /// Connections that wait for an event to be due, and events that are due and wait for a connection.
    private var idle: [LoadConnection] = []
    private var due = CircularBuffer<NIODeadline>()

    init(plan: LoadPlan, requests: EventRequests, eventLoop: any EventLoop) {
        self.plan = plan
        self.requests = requests
        self.eventLoop = eventLoop
        self.promise = eventLoop.makePromise()
    }

    /// Opens the connections, sends, and gives the result when the time is over.
    func run() -> EventLoopFuture<LoadResult> {
        let now = NIODeadline.now()
        self.measuredFrom = now + self.plan.warmUp
        self.end = self.measuredFrom + self.plan.measured
        for _ in 0..<self.plan.connections where self.plan.interval == nil || !self.plan.isNewConnectionEach {
            self.open(for: nil)
        }
        if let interval = self.plan.interval {
            self.schedule(now, every: interval)
        }
        self.eventLoop.assumeIsolated().scheduleTask(deadline: self.end) { self.finish() }
        return self.promise.futureResult
    }

    private func finish() {
        self.hasEnded = true
        self.result.seconds = Double(self.plan.measured.nanoseconds) / 1e9
        // What was due and got no answer in time is a failure, or a late server would look better than it is.
        self.result.failures += self.due.count
        self.promise.succeed(self.result)
    }

    private func schedule(_ instant: NIODeadline, every interval: TimeAmount) {
        var next = instant
        while next <= .now() {
            self.due.append(next)
            next = next + interval
        }
        self.serve()
        self.eventLoop.assumeIsolated().scheduleTask(deadline: next) {
            if !self.hasEnded {
                self.schedule(next, every: interval)
            }
        }
    }

    private func serve() {
        while let dueAt = self.due.first {
            if self.plan.isNewConnectionEach {
                self.open(for: dueAt)
            } else if let connection = self.idle.popLast() {
                self.send(on: connection, since: dueAt)
            } else {
                return
            }
            self.due.removeFirst()
        }
    }

    /// `dueAt`: of the event that the connection is for; nil: of any.
    private func open(for dueAt: NIODeadline?) {
        let start = dueAt ?? .now()
        let connection = LoadConnection(load: self)
        let bound = NIOLoopBound(connection, eventLoop: self.eventLoop)
        ClientBootstrap(group: self.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                    // The generator must not run out of ports that wait to be free.
                    (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                        .whenFailure { _ in channel.close(promise: nil) }
                }
            }
            .connect(to: self.plan.target)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success where self.plan.interval != nil && dueAt == nil:
                    self.idle.append(connection)
                    self.serve()
                case .success:
                    self.send(on: connection, since: start)
                case .failure:
                    self.failed(connection)
                }
            }
    }

    private func send(on connection: LoadConnection, since start: NIODeadline) {
        var buffer = connection.makeBuffer()
        self.requests.next(into: &buffer)
        connection.send(buffer, since: start)
    }

    /// A connection has its answer.
    func answered(_ connection: LoadConnection, since start: NIODeadline, isOK: Bool) {
        guard !self.hasEnded else { return connection.close() }
        let now = NIODeadline.now()
        if now >= self.measuredFrom {
            if isOK {
                self.result.latencies.append((now - start).nanoseconds)
            } else {
                self.result.failures += 1
            }
        }
        switch (self.plan.isNewConnectionEach, self.plan.interval) {
        case (true, nil):
            connection.close()
            self.open(for: nil)
        case (true, _):
            connection.close()
        case (false, nil):
            self.send(on: connection, since: now)
        case (false, _):
            self.idle.append(connection)
            self.serve()
        }
    }

    /// A connection broke before its answer. Another takes its place, unless connections come with the events.
    func failed(_ connection: LoadConnection) {
        guard !self.hasEnded else { return }
        self.result.failures += 1
        if self.plan.interval == nil || !self.plan.isNewConnectionEach {
            self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(10)) { self.open(for: nil) }
        }
    }
}
