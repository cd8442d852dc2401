import RingmeAPI
import Storage
import Telephony

/// A stretch of the PBX's call history, with the calls that are looked for in it: one request covers many calls.
struct HistoryWindow: Hashable, Sendable {
    /// The earliest beginning of a call to ask for.
    var from: Timestamp
    /// The latest.
    var to: Timestamp
    /// The legs that are looked for.
    private(set) var calls: [UnrecordedCall]

    /// The history lists a call by its beginning; its leg may begin later, after an IVR and a queue.
    private static let longestWait = Duration.seconds(15 * 60)
    /// Bounds the pages of one request, for the budget is asked before each.
    private static let longest = Duration.seconds(60 * 60)

    private init(_ call: UnrecordedCall) {
        self.from = call.startedAt - Self.longestWait
        // The history counts whole seconds.
        self.to = call.startedAt + .seconds(1)
        self.calls = [call]
    }

    /// The windows that hold these calls, the latest first. Calls far from each other are in windows of their own, so that
    /// nobody reads what lies between them.
    static func windows(of calls: [UnrecordedCall]) -> [HistoryWindow] {
        var windows: [HistoryWindow] = []
        for call in calls.sorted(by: { $0.startedAt < $1.startedAt }) {
            let next = HistoryWindow(call)
            if let last = windows.indices.last, next.from <= windows[last].to,
                next.to - windows[last].from <= Self.longest
            {
                windows[last].to = next.to
                windows[last].calls.append(call)
            } else {
                windows.append(next)
            }
        }
        return windows.reversed()
    }

    /// What the history has of the calls that are looked for. It does not say which leg a recording is of, so all recordings
    /// of a leg's extension in its call are taken, and the rules decide.
    func recordings(in history: [PBXCall]) -> [FoundRecording] {
        let wanted = Dictionary(grouping: self.calls, by: \.callID).mapValues { Set($0.map(\.extensionID)) }
        return history.flatMap { call -> [FoundRecording] in
            guard let callID = CallID(received: call.callID), let extensions = wanted[callID] else { return [] }
            return call.legs.compactMap { leg in
                guard let extensionID = leg.extensionID.map(ExtensionID.init(rawValue:)),
                    extensions.contains(extensionID), let recordingID = leg.recordID.flatMap(Self.plausible)
                else { return nil }
                return FoundRecording(callID: callID, extensionID: extensionID, recordingID: recordingID)
            }
        }
    }

    /// An id that can be stored and be part of a path; the PBX's are `<extension>-<32 hex>`.
    private static func plausible(_ recordingID: String) -> String? {
        let isID =
            !recordingID.isEmpty && recordingID.utf8.count <= 200
            && recordingID.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isID ? recordingID : nil
    }
}
