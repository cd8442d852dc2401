/// The PBX works on one request of a client for its call history at a time. A request takes no time unless a fault delays it,
/// so only a delayed one can be in another's way.
extension PBXState {
    /// Whether a request must be refused because another one of the client is being worked on.
    func isHistoryBusy(for subject: FaultScript.Subject) -> Bool {
        historyClient(of: subject).map(historyInProgress.contains) ?? false
    }

    /// Notes that a request is going to be delayed.
    ///
    /// - Returns: The client, to be handed to ``endHistoryTurn(of:)``; nil for anything but a request for the history.
    mutating func beginHistoryTurn(of subject: FaultScript.Subject) -> Int? {
        let clientID = historyClient(of: subject)
        if let clientID { historyInProgress.insert(clientID) }
        return clientID
    }

    /// Notes that the delay is over.
    mutating func endHistoryTurn(of clientID: Int) {
        historyInProgress.remove(clientID)
    }

    private func historyClient(of subject: FaultScript.Subject) -> Int? {
        [.callHistory, .callHistoryItem].contains(subject.resource) ? subject.clientID : nil
    }
}
