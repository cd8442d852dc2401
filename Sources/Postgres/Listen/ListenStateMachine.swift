/// Which channels are listened to, and who wants to hear of them.
///
/// Level-triggered: it compares what is wanted (channels with consumers) with what is active on the current connection,
/// and names one step after the other until they are equal.
struct ListenStateMachine<Consumer: Identifiable> {
    /// What to do next on the connection.
    enum Step: Equatable {
        case listen(String)
        case unlisten(String)
    }

    private struct Channel {
        var consumers: [Consumer] = []
        var isActive = false
    }

    private enum State {
        /// No connection: nothing is active.
        ///
        /// Can transition to `connected` and `ended`.
        case disconnected
        /// Can transition to `disconnected` and `ended`.
        case connected
        /// Final: consumers are refused.
        case ended
    }

    private var state = State.disconnected
    private var channels: [String: Channel] = [:]

    init() {}
}

// MARK: - Consumers

extension ListenStateMachine {
    enum SubscribeAction: Equatable {
        /// A step may be due.
        case proceed
        /// The channel is active already: the consumer hears from now on, and is told so.
        case reportActive
        case refuse
    }

    /// A consumer wants to hear of a channel.
    mutating func subscribe(_ consumer: Consumer, to channel: String) -> SubscribeAction {
        if case .ended = self.state {
            return .refuse
        }
        self.channels[channel, default: Channel()].consumers.append(consumer)
        return self.channels[channel]?.isActive == true ? .reportActive : .proceed
    }

    /// A consumer went away.
    mutating func unsubscribe(_ id: Consumer.ID, from channel: String) {
        self.channels[channel]?.consumers.removeAll { $0.id == id }
        self.forgetUnused(channel)
    }

    private mutating func forgetUnused(_ channel: String) {
        if let known = self.channels[channel], known.consumers.isEmpty, !known.isActive {
            self.channels[channel] = nil
        }
    }
}

// MARK: - Connection

extension ListenStateMachine {
    /// The next difference between wanted and active; nil when there is none.
    func nextStep() -> Step? {
        guard case .connected = self.state else {
            return nil
        }
        for (name, channel) in self.channels.sorted(by: { $0.key < $1.key }) {
            if channel.isActive, channel.consumers.isEmpty {
                return .unlisten(name)
            }
            if !channel.isActive, !channel.consumers.isEmpty {
                return .listen(name)
            }
        }
        return nil
    }

    /// A new connection, on which nothing is active.
    mutating func connected() {
        if case .disconnected = self.state {
            self.state = .connected
        }
    }

    /// The connection is lost, and with it what was active.
    mutating func disconnected() {
        guard case .connected = self.state else {
            return
        }
        self.state = .disconnected
        for name in self.channels.keys {
            self.channels[name]?.isActive = false
            self.forgetUnused(name)
        }
    }

    /// LISTEN is confirmed. Answers who must be told that notifications may have been lost before.
    mutating func listened(_ name: String) -> [Consumer] {
        guard case .connected = self.state else {
            return []
        }
        self.channels[name, default: Channel()].isActive = true
        return self.channels[name]?.consumers ?? []
    }

    /// UNLISTEN is confirmed.
    mutating func unlistened(_ name: String) {
        self.channels[name]?.isActive = false
        self.forgetUnused(name)
    }

    /// A notification came. Answers who hears it.
    func notified(_ name: String) -> [Consumer] {
        self.channels[name]?.consumers ?? []
    }

    var hasEnded: Bool {
        guard case .ended = self.state else {
            return false
        }
        return true
    }

    /// The listener ends. Answers everybody whose stream ends with it.
    mutating func end() -> [Consumer] {
        self.state = .ended
        defer { self.channels = [:] }
        return self.channels.values.flatMap(\.consumers)
    }
}
