import HTTPTypes
import Hummingbird

/// One thing that the server needs to do its work.
package struct ReadinessCheck: Hashable, Sendable {
    /// `database`, `schema`, `key_ring`.
    package var name: String
    package var ok: Bool
    /// What was found, without secrets.
    package var detail: String

    package init(name: String, ok: Bool, detail: String) {
        self.name = name
        self.ok = ok
        self.detail = detail
    }
}

/// `/healthz`: the process answers. `/readyz`: everything it needs is there.
struct HealthRoutes: Sendable {
    let readiness: @Sendable () async -> [ReadinessCheck]

    init(dependencies: WebAPIDependencies) {
        self.readiness = dependencies.readiness
    }

    func add(to router: some RouterMethods<APIContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on("healthz", method: method) { _, _ in Response.json(["status": "ok"]) }
            router.on("readyz", method: method) { _, _ in await self.ready() }
        }
    }

    private func ready() async -> Response {
        let checks = await self.readiness()
        let isReady = checks.allSatisfy(\.ok)
        return .json(
            [
                "status": isReady ? "ready" : "not_ready",
                "checks": .array(
                    checks.map {
                        ["name": .string($0.name), "ok": .bool($0.ok), "detail": .string($0.detail)]
                    }
                ),
            ],
            status: isReady ? .ok : .serviceUnavailable
        )
    }
}
