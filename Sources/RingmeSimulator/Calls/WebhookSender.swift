import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Sends the events of calls and agents to the receivers that are subscribed to them.
struct WebhookSender: Sendable {
    let pbx: SimulatedPBX
    let http: HTTPClient
    let slots: DeliverySlots
    let configuration: SimulatorConfiguration

    /// Plays a call: each event, in order, goes to the rows that its extension has for its type at that moment.
    func play(_ call: PlannedCall) async throws -> PlacedCall {
        var placed = PlacedCall(callID: call.callID, events: call.events, deliveries: [])
        for (event, wait) in zip(call.events, call.waits) {
            if wait > .zero {
                try await Task.sleep(for: wait)
            }
            let rows = pbx.events(of: event.extensionID).filter { $0.eventType == event.eventType }
            placed.deliveries += await send(event.fields, to: rows, callID: event["CallID"])
        }
        return placed
    }

    /// Sends one event to several rows at once.
    func send(_ fields: [FormField], to rows: [SimulatedEvent], callID: String?) async -> [Delivery] {
        let deliveries = await withTaskGroup(of: (Int, Delivery).self) { group in
            for (index, row) in rows.enumerated() {
                group.addTask { (index, await send(fields, to: row, callID: callID)) }
            }
            var deliveries: [(Int, Delivery)] = []
            for await delivery in group {
                deliveries.append(delivery)
            }
            return deliveries.sorted { $0.0 < $1.0 }.map(\.1)
        }
        pbx.note(deliveries)
        return deliveries
    }

    private func send(_ fields: [FormField], to row: SimulatedEvent, callID: String?) async -> Delivery {
        var delivery = Delivery(
            callID: callID,
            extensionID: row.extensionID,
            eventType: row.eventType,
            method: row.method
        )
        await slots.acquire()
        for _ in 0..<max(1, configuration.deliveryAttempts) {
            (delivery.status, delivery.failure) = await attempt(fields, to: row)
            if let status = delivery.status, (200..<300).contains(status) { break }
        }
        await slots.release()
        return delivery
    }

    private func attempt(_ fields: [FormField], to row: SimulatedEvent) async -> (status: Int?, failure: String?) {
        let form = FormEncoding.encode(fields)
        var request = HTTPClientRequest(url: row.url)
        if row.method == "GET" {
            request.url += (row.url.contains("?") ? "&" : "?") + form
        } else {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        do {
            let timeout = TimeAmount.nanoseconds(configuration.deliveryTimeout.microseconds * 1000)
            let response = try await http.execute(request, timeout: timeout)
            _ = try await response.body.collect(upTo: 1 << 20)
            return (Int(response.status.code), nil)
        } catch let error as HTTPClientError {
            return (nil, error.shortDescription)
        } catch {
            // The type alone: descriptions of other errors may carry the address.
            return (nil, String(describing: type(of: error)))
        }
    }
}
