import HTTPTypes
import Hummingbird
import NIOCore

/// `/metrics` for Prometheus, with the operator's key.
struct MetricsRoute: Sendable {
    let render: @Sendable () -> String

    func add(to router: some RouterMethods<OperatorContext>) {
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: self.render()))
            )
        }
    }
}
