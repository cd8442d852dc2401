import Storage
import Telephony
import Testing

@testable import RingmeAPI
@testable import Workers

@Suite("Windows of the call history")
struct HistoryWindowTests {
    private static func call(_ id: String, atMinute minute: Int64, extensionID: Int64 = 85_219) -> UnrecordedCall {
        UnrecordedCall(
            callID: CallID(rawValue: id),
            extensionID: ExtensionID(rawValue: extensionID),
            startedAt: Timestamp(microseconds: minute * 60_000_000)
        )
    }

    @Test("calls close to each other share a window, at most an hour long; the latest comes first")
    func windows() {
        let minutes: [Int64] = [0, 10, 20, 30, 40, 50, 200, 214, 230]
        let windows = HistoryWindow.windows(of: minutes.shuffled().map { Self.call("c\($0)", atMinute: $0) })
        #expect(
            windows.map { $0.calls.map(\.callID.rawValue) } == [
                ["c230"], ["c200", "c214"], ["c50"], ["c0", "c10", "c20", "c30", "c40"],
            ]
        )
        for window in windows {
            #expect(window.to - window.from <= .seconds(3600))
            for call in window.calls {
                #expect(window.from <= call.startedAt - .seconds(900))
                #expect(window.to > call.startedAt)
            }
        }
        #expect(HistoryWindow.windows(of: []).isEmpty)
    }

    @Test("only what is looked for is taken, whatever the case of the CallID, and only what can be an id")
    func matching() throws {
        func leg(_ recordID: String?, _ extensionID: Int64?) -> PBXCall.Leg {
            PBXCall.Leg(recordID: recordID, extensionID: extensionID, flow: nil, result: nil, durationSeconds: nil)
        }
        func history(_ id: String, _ legs: [PBXCall.Leg]) -> PBXCall {
            PBXCall(
                callID: id,
                flow: nil,
                extensionID: nil,
                isBridged: nil,
                result: nil,
                startedAt: nil,
                endedAt: nil,
                durationSeconds: nil,
                legs: legs
            )
        }
        let window = try #require(HistoryWindow.windows(of: [Self.call("caa308e3", atMinute: 0)]).first)
        let legs = [
            leg("85219-A", 85_219), leg("85218-B", 85_218), leg(nil, 85_219), leg("C", nil), leg("", 85_219),
            leg("a\u{0}b", 85_219), leg("два", 85_219), leg(String(repeating: "a", count: 201), 85_219),
        ]
        let found = window.recordings(in: [history("CAA308E3", legs), history("other", legs)])
        #expect(found.map(\.recordingID) == ["85219-A"])
        #expect(found.map(\.callID.rawValue) == ["caa308e3"])
    }
}
