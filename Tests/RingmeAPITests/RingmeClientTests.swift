import RingmeSimulator
import Telephony
import Testing

@testable import RingmeAPI

@Suite("The client against a simulated PBX", .timeLimit(.minutes(5)))
struct RingmeClientTests {
    private let phone = ExtensionID(rawValue: 85_219)
    private let ivr = ExtensionID(rawValue: 96_850)
    private let url = "https://crm.example/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"

    @Test("an event is created, listed, changed and deleted, each by one request")
    func eventLife() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.client
            let created = try await client.createEvent(of: self.phone, type: "hangup", url: self.url, method: "POST")
            #expect(created.eventType == "hangup")
            #expect(created.url == self.url)
            #expect(try await client.events(of: self.phone) == [created])

            let moved = self.url + "2"
            let changed = try await client.updateEvent(
                of: self.phone,
                id: created.id,
                type: "hangup",
                url: moved,
                method: "GET"
            )
            let expected = SubscriptionRow(id: created.id, eventType: "hangup", url: moved, method: "GET")
            #expect(changed == expected)
            #expect(try await client.events(of: self.phone) == [expected])

            try await client.deleteEvent(of: self.phone, id: created.id)
            #expect(harness.pbx.events(of: 85_219).isEmpty)
            let error = await #expect(throws: PBXError.self) {
                try await client.deleteEvent(of: self.phone, id: created.id)
            }
            #expect(error?.code == .notFound)
            #expect(
                harness.requests == [
                    "POST token 200", "POST events 201", "GET events 200", "PUT event 200", "GET events 200",
                    "DELETE event 204", "DELETE event 404",
                ]
            )
            #expect(harness.pbx.violations.isEmpty)
        }
    }

    @Test("rows of other integrations are listed as they are")
    func foreignRows() async throws {
        try await withSimulatedPBX { harness in
            for number in 0..<3 {
                try harness.pbx.addForeignEvent(
                    extensionID: 85_219,
                    url: "https://other.example/\(number)",
                    method: "GET"
                )
            }
            let rows = try await harness.client.events(of: self.phone)
            #expect(rows.map(\.url) == (0..<3).map { "https://other.example/\($0)" })
            #expect(Set(rows.map(\.method)) == ["GET"])
            #expect(rows.map(\.id) == harness.pbx.events(of: 85_219).map { Int64($0.id) })
        }
    }

    @Test("a row beyond the limit, or of a type that the extension has not, is refused with the PBX's words")
    func refusals() async throws {
        try await withSimulatedPBX { harness in
            for number in 0..<16 {
                try harness.pbx.addForeignEvent(extensionID: 85_219, url: "https://other.example/\(number)")
            }
            let full = await #expect(throws: PBXError.self) {
                try await harness.client.createEvent(of: self.phone, type: "answer", url: self.url, method: "POST")
            }
            guard case .refused(let status) = try #require(full).code else {
                Issue.record("another code: \(String(describing: full))")
                return
            }
            #expect((400...499).contains(status))
            #expect(full?.message.isEmpty == false)
            #expect(full?.isRetryable == false)
            #expect(full?.outcomeUnknown == false)
            let wrongType = await #expect(throws: PBXError.self) {
                try await harness.client.createEvent(of: self.ivr, type: "answer", url: self.url, method: "POST")
            }
            #expect(wrongType?.code == .refused(status: 400))
            #expect(wrongType?.message.contains("ivr-type") == true)
            #expect(harness.pbx.events(of: 85_219).count == 16)
        }
    }

    @Test("another client's extension is denied, one that is not there is not found")
    func foreignExtensions() async throws {
        try await withSimulatedPBX { harness in
            try harness.pbx.seedStandardClient(
                appID: "other",
                appSecret: "other",
                clientID: 20_000,
                prefix: "453",
                idOffset: 1_000_000
            )
            let denied = await #expect(throws: PBXError.self) {
                try await harness.client.events(of: ExtensionID(rawValue: 1_085_219))
            }
            #expect(denied?.code == .accessDenied)
            #expect(denied?.vendorStatus == "access_denied")
            let gone = await #expect(throws: PBXError.self) {
                try await harness.client.events(of: ExtensionID(rawValue: 7))
            }
            #expect(gone?.code == .notFound)
            let wrongClient = await #expect(throws: PBXError.self) {
                try await harness.makeClient(clientID: "20000").extensions()
            }
            #expect(wrongClient?.code == .accessDenied)
            let noClient = await #expect(throws: PBXError.self) {
                try await harness.makeClient(clientID: "1").extensions()
            }
            #expect(noClient?.vendorStatus == "client_not_found")
        }
    }

    @Test("every extension of every page is listed once, and one more request finds the end")
    func extensionPages() async throws {
        try await withSimulatedPBX { harness in
            for number in 0..<450 {
                try harness.pbx.addExtension(
                    SimulatedExtension(id: 200_000 + number, clientID: 10_500, name: "2566*\(number)", type: "phone")
                )
            }
            let extensions = try await harness.client.extensions()
            #expect(Set(extensions.map(\.id)).count == 456)
            #expect(extensions.count == 456)
            #expect(harness.requests.filter { $0 == "GET extensions 200" }.count == 4)
            let ivr = try #require(extensions.first { $0.id == self.ivr })
            #expect(ivr.name == "2566*099")
            #expect(ivr.type.rawValue == "ivr")
            #expect(ivr.status == "active")
            #expect(try await harness.client.extension(self.ivr) == ivr)
        }
    }

    @Test("an event list longer than a page is read to its end")
    func longEventList() async throws {
        try await withSimulatedPBX { harness in
            for number in 0..<45 {
                try harness.pbx.addForeignEvent(extensionID: 85_219, url: "https://other.example/\(number)")
            }
            #expect(try await harness.client.events(of: self.phone).count == 45)
        }
    }

    @Test("a list that repeats its first page ends")
    func repeatedPage() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(.repeatFirstPage, resource: .extensions, times: nil))
            let extensions = try await harness.client.extensions()
            #expect(extensions.count == 6)
            #expect(harness.requests.filter { $0 == "GET extensions 200" }.count == 2)
        }
    }

    @Test("a list that shrinks between pages ends")
    func shrinkingList() async throws {
        try await withSimulatedPBX { harness in
            for number in 0..<300 {
                try harness.pbx.addExtension(
                    SimulatedExtension(id: 200_000 + number, clientID: 10_500, name: "2566*\(number)", type: "phone")
                )
            }
            _ = harness.pbx.addFault(Fault(.shrinkList(by: 250), resource: .extensions, times: nil))
            let extensions = try await harness.client.extensions()
            #expect(Set(extensions.map(\.id)).count == extensions.count)
            #expect(extensions.count >= 200)
        }
    }

    @Test("a failure on a later page fails the list: no part of it is given out")
    func failureOnLaterPage() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(Fault.internalError, resource: .extensions, skip: 1))
            let error = await #expect(throws: PBXError.self) { try await harness.client.extensions() }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("ids as text and unknown keys change nothing")
    func unusualShapes() async throws {
        try await withSimulatedPBX { harness in
            try harness.pbx.addForeignEvent(extensionID: 85_219, url: "https://other.example/1")
            let extensions = try await harness.client.extensions()
            let events = try await harness.client.events(of: self.phone)
            _ = harness.pbx.addFault(Fault(.unusualShape, times: nil))
            #expect(try await harness.client.extensions() == extensions)
            #expect(try await harness.client.events(of: self.phone) == events)
            #expect(
                try await harness.client.createEvent(of: self.phone, type: "answer", url: self.url, method: "POST").id
                    == Int64(try #require(harness.pbx.events(of: 85_219).last).id)
            )
        }
    }

    @Test("the user names the client that @me stands for")
    func user() async throws {
        try await withSimulatedPBX { harness in
            let user = try await harness.client.currentUser()
            #expect(user.clientID == "10500")
            let byNumber = harness.makeClient(clientID: user.clientID)
            #expect(try await byNumber.extensions().count == 6)
        }
    }

    @Test("the limit resource is shown as it is, and may be missing")
    func limits() async throws {
        try await withSimulatedPBX { harness in
            let limits = try await harness.client.limit()
            #expect(limits?.values.isEmpty == false)
            _ = harness.pbx.addFault(
                Fault(.answer(status: 404, body: #"{"message":"Not found"}"#, contentType: "application/json"))
            )
            #expect(try await harness.client.limit() == nil)
        }
    }

    @Test("agents are listed with their events, and a PBX without agents has none")
    func agents() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.client
            let agents = try await client.agents()
            #expect(agents.map(\.id) == [136, 137])
            #expect(agents.map(\.extensionName) == ["2566*101", "2566*102"])
            let url = "https://crm.example/agent-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
            let agent = AgentID(rawValue: 136)
            let row = try await client.createEvent(of: agent, type: "agent-login", url: url, method: "POST")
            #expect(try await client.events(of: agent) == [row])
            let changed = try await client.updateEvent(
                of: agent,
                id: row.id,
                type: "agent-login",
                url: url,
                method: "GET"
            )
            #expect(changed.method == "GET")
            try await client.deleteEvent(of: agent, id: row.id)
            #expect(harness.pbx.agentEvents(of: 136).isEmpty)
            try harness.pbx.removeAgent(136)
            try harness.pbx.removeAgent(137)
            #expect(try await client.agents().isEmpty)
            let gone = await #expect(throws: PBXError.self) { try await client.events(of: agent) }
            #expect(gone?.code == .notFound)
            #expect(harness.pbx.violations.isEmpty)
        }
    }

    @Test("a call is found in the history, with its recording")
    func history() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.client
            let before = harness.pbx.now
            let placed = try await harness.simulator.place(.outgoingAnswered, clientID: 10_500)
            let call = try await client.callHistory(callID: placed.callID.uppercased())
            #expect(call.callID == placed.callID.lowercased())
            #expect(call.flow == "out")
            let recordID = try #require(call.legs.lazy.compactMap(\.recordID).first)
            #expect(try await client.recordingURL(recordID: recordID).hasPrefix(harness.baseURL + "/storage/"))
            let calls = try await client.callHistory(
                from: before - 60_000_000,
                to: before + 3_600_000_000,
                extensionID: self.phone
            )
            #expect(calls == [call])
            let earlier = try await client.callHistory(from: before - 7_200_000_000, to: before - 3_600_000_000)
            #expect(earlier.isEmpty)
            let none = await #expect(throws: PBXError.self) { try await client.callHistory(callID: "none") }
            #expect(none?.code == .notFound)
            let noRecord = await #expect(throws: PBXError.self) { try await client.recordingURL(recordID: "1-none") }
            #expect(noRecord?.code == .notFound)
        }
    }

    @Test("an id or URL that cannot be sent costs no request")
    func invalidRequests() async throws {
        try await withSimulatedPBX { harness in
            let wrongID = await #expect(throws: PBXError.self) { try await harness.client.callHistory(callID: "..") }
            #expect(wrongID?.code == .invalidRequest)
            let wrongURL = await #expect(throws: PBXError.self) {
                try await harness.client.createEvent(of: self.phone, type: "hangup", url: "h", method: "POST")
            }
            #expect(wrongURL?.code == .invalidRequest)
            let nowhere = RingmeClient(
                endpoint: PBXEndpoint(baseURL: "apiproxy.telphin.ru"),
                credentials: PBXCredentials(appID: "a", appSecret: "b"),
                http: harness.http
            )
            let noBase = await #expect(throws: PBXError.self) { try await nowhere.currentUser() }
            #expect(noBase?.code == .invalidRequest)
            #expect(harness.requests.isEmpty)
        }
    }
}
