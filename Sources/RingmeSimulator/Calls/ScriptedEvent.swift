/// One webhook event of a scripted call, before it has its time.
package struct ScriptedEvent: Hashable, Sendable {
    /// The extension that sends it.
    package var extensionID: Int
    /// The parameters in the order of the wire, without `EventTime`, which the call's start and ``offset`` give, unless it is in here.
    package var fields: [FormField]
    /// When it happens, counted from the start of the call.
    package var offset: Duration
    /// When it is sent, counted from the start of the call, when that is not when it happens.
    package var sentAt: Duration?

    /// Creates an event.
    package init(extensionID: Int, fields: [FormField], offset: Duration = .zero, sentAt: Duration? = nil) {
        self.extensionID = extensionID
        self.fields = fields
        self.offset = offset
        self.sentAt = sentAt
    }

    /// The value of a parameter, or nil when it is absent.
    package subscript(name: String) -> String? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(FormField(name, value))
            case (nil, nil): break
            }
        }
    }

    /// `dial-in`, `hangup`, …; empty when the script leaves it out.
    package var eventType: String { self["EventType"] ?? "" }
}
