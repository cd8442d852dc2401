/// A random call as the PBX reports it, and what must hold of its records by the vendor's rules and the default settings
/// of a tenant.
package struct CallFlow: Sendable {
    /// The call, 32 hexadecimal digits in small letters; the deliveries may write it in capitals.
    package var callID: String
    /// The webhooks in the order of their `EventTime`.
    package var deliveries: [Delivery]
    /// The SubCallIDs, in small letters, of the legs that talked with an outside party and whose hangup is delivered: each is
    /// one record.
    package var answeredExternalLegs: Set<String> = []
    /// The SubCallIDs, in small letters, of incoming legs whose hangup is delivered and that were not answered: no records.
    package var unansweredIncomingLegs: Set<String> = []
    /// The SubCallIDs, in small letters, of outgoing legs to outside numbers that were not answered: each is one record.
    package var unansweredOutgoingLegs: Set<String> = []
    /// The SubCallIDs, in small letters, of outgoing legs that an API request started on the phone's behalf.
    package var callbackLegs: Set<String> = []
    /// Whether an IVR or a queue reports that a phone accepted the call.
    package var hasBridgedYes = false
    /// Where an outside caller was missed: the last queue that reports `Bridged=no`, else the last IVR. Nil when none does, or
    /// when a report says that a phone accepted the call.
    package var missedAt: Int64?

    /// One webhook.
    package struct Delivery: Hashable, Sendable {
        /// The extension whose event URL it goes to.
        package var extensionID: Int64
        /// Its fields, as the PBX would send them in a form.
        package var fields: [Field]

        /// The value of the field of that name; the generator writes all names in the vendor's letters.
        package subscript(name: String) -> String? {
            self.fields.first { $0.name == name }?.value
        }
    }

    /// One field of a webhook.
    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// The deliveries in any order, about every fourth of them twice or three times.
    package func shuffledAndRepeated(using generator: inout some RandomNumberGenerator) -> [Delivery] {
        self.deliveries.flatMap { delivery in
            let times = [1, 1, 1, 1, 1, 1, 2, 3].randomElement(using: &generator) ?? 1
            return Array(repeating: delivery, count: times)
        }
        .shuffled(using: &generator)
    }
}
