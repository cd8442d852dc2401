import Telephony
import Testing

/// Real events of the PBX as they came over the wire, numbers anonymised by those who published them.
struct VendorPayload: Sendable {
    let body: String

    func event(arrivedAt: Timestamp) -> CallEvent {
        var fields = EventFields([])
        if case .fields(let decoded) = EventFields.decode(query: [], body: Array(self.body.utf8)) {
            fields = decoded
        } else {
            Issue.record("undecodable payload")
        }
        return CallEvent(extensionID: ExtensionID(rawValue: 85219), arrivedAt: arrivedAt, fields: fields)
    }

    static let dialIn = VendorPayload(
        body: """
            EventType=dial-in&EventTime=1502985686478202&CallID=262077ef325f4868aa49bf22309229f7&\
            SubCallID=85219-e6bd7bb2622b424392a012e28473f91a&\
            CallAPIID=3584709739-262077ef-325f-4868-aa49-bf22309229f7&CallFlow=in&CallStatus=CALLING&\
            CalledDID=74959998877&CalledNumber=2566%2A102&CalledExtension=2566%2A102%40sipproxy.telphin.ru&\
            CalledExtensionID=85219&CallerIDName=%2B79161112233&CallerIDNum=%2B79161112233&CallerExtensionID=96857&\
            CallerExtension=2566%2A887%40sipproxy.telphin.ru
            """
    )

    static let dialOut = VendorPayload(body: outgoing(type: "dial-out", time: 1_502_985_726_958_201, status: "CALLING"))
    static let answer = VendorPayload(body: outgoing(type: "answer", time: 1_502_985_738_818_201, status: "ANSWER"))
    static let hangup = VendorPayload(
        body: outgoing(type: "hangup", time: 1_502_985_750_238_219, status: "ANSWER")
            + "&RecID=10500-100bbbb&Duration=11420018"
    )

    private static func outgoing(type: String, time: Int64, status: String) -> String {
        """
        EventType=\(type)&EventTime=\(time)&CallID=b5187f38a9cc43f2ba068bce983a513e&\
        SubCallID=85219-b5187f38a9cc43f2ba068bce983a513e&\
        CallAPIID=3584709739-b5187f38-a9cc-43f2-ba06-8bce983a513e&CallStatus=\(status)&CallFlow=out&\
        CalledNumber=%2B79161112233&CallerIDNum=2566*102&CallerExtensionID=85219&\
        CallerExtension=2566*102%40sipproxy.telphin.ru&CallerIDName=%D0%92%D0%B0%D1%81%D0%B8%D0%BB%D0%B8%D0%B9
        """
    }
}
