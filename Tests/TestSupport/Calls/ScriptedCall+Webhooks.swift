extension ScriptedCall {
    /// The webhooks of the call in the order of their `EventTime`.
    func deliveries(callID: String, using random: inout SeededGenerator) -> [CallFlow.Delivery] {
        var timed: [(at: Int64, webhook: Webhook)] = []
        for leg in self.legs {
            timed += leg.webhooks()
        }
        timed += self.reports.map { ($0.at, $0.webhook) }
        // Some calls have ids in capitals here and there, as the PBX's call history writes them.
        let mixesCase = random.chance(10)
        return timed.sorted { $0.at < $1.at }.map { at, webhook in
            let isUpper = mixesCase && random.chance(50)
            func id(_ text: String) -> String { isUpper ? text.uppercased() : text }
            let fields = [
                ("EventType", webhook.type), ("EventTime", String(at)), ("CallID", id(callID)),
                ("SubCallID", id(webhook.subCallID)), ("CallAPIID", "3584709739-\(callID)"),
            ]
            return CallFlow.Delivery(
                extensionID: webhook.line.id,
                fields: (fields + webhook.fields.compactMap { name, value in value.map { (name, $0) } })
                    .map(CallFlow.Field.init)
            )
        }
    }
}

/// A webhook without its ids and its time.
private struct Webhook {
    let line: PBXLine
    let subCallID: String
    let type: String
    let fields: [(String, String?)]
}

extension ScriptedLeg {
    fileprivate func webhooks() -> [(at: Int64, webhook: Webhook)] {
        var timed: [(Int64, Webhook)] = []
        if let at = self.dialledAt {
            timed.append((at, self.webhook(self.isOutgoing ? "dial-out" : "dial-in", status: "CALLING", isDial: true)))
        }
        if let at = self.answeredAt {
            timed.append((at, self.webhook("answer", status: "ANSWER")))
        }
        for hangup in self.hangups {
            let end = [("Duration", hangup.duration), ("RecID", hangup.recID)]
            timed.append((hangup.at, self.webhook("hangup", status: hangup.status, end)))
        }
        return timed
    }

    private func webhook(
        _ type: String,
        status: String,
        isDial: Bool = false,
        _ end: [(String, String?)] = []
    ) -> Webhook {
        let caller = self.isOutgoing ? self.phone : self.queue
        let called = self.isOutgoing ? self.calledLine : self.phone
        let fields = [
            ("CallFlow", self.isOutgoing ? "out" : "in"), ("CallStatus", status),
            ("CallerIDNum", self.isOutgoing ? self.phone.full : self.other.number),
            ("CallerIDName", self.isOutgoing ? "Телефон \(self.phone.short)" : self.other.name),
            ("CalledNumber", self.isOutgoing ? self.other.number : self.phone.full), ("CalledDID", self.did),
            ("CallerExtension", caller?.withDomain), ("CallerExtensionID", caller.map { String($0.id) }),
            ("CalledExtension", called?.withDomain), ("CalledExtensionID", called.map { String($0.id) }),
            ("RemoteNumber", isDial || self.repeatsRemote ? self.remote?.number : nil),
            ("Transfered", self.isTransferred ? "yes" : nil), ("CallBackID", self.callBackID),
        ]
        return Webhook(line: self.phone, subCallID: self.subCallID, type: type, fields: fields + end)
    }
}

extension ScriptedReport {
    fileprivate var webhook: Webhook {
        let fields = [
            ("CallFlow", self.flow), ("CallStatus", self.status), ("CallerIDNum", self.caller.number),
            ("CallerIDName", self.caller.name), ("CalledNumber", self.line.full), ("CalledDID", self.did),
            ("CalledExtension", self.line.withDomain), ("CalledExtensionID", String(self.line.id)),
            ("RemoteNumber", self.remote?.number), ("Bridged", self.bridged),
        ]
        return Webhook(line: self.line, subCallID: self.subCallID, type: "hangup", fields: fields)
    }
}
