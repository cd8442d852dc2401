import Hummingbird
import NIOCore

/// `GET /openapi.yaml` and `/openapi.json`: the description of this interface, `config/openapi.yaml`, in both forms.
struct OpenAPIRoutes: Sendable {
    func add(to router: some RouterMethods<APIContext>) {
        router.get("openapi.yaml") { _, _ in
            Self.response(OpenAPIDocument.yaml, contentType: "application/yaml")
        }
        router.get("openapi.json") { _, _ in
            Self.response(try OpenAPIDocument.json.get().bytes, contentType: MediaType.json.rawValue)
        }
    }

    private static func response(_ bytes: [UInt8], contentType: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: contentType, .cacheControl: "public, max-age=300"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

/// `config/openapi.yaml`, embedded in the binary.
enum OpenAPIDocument {
    static let yaml = PackageResources.openapi_yaml
    /// The document as it is read; it is part of the program, so a test proves that it can be.
    static let json = Result { () throws(YAMLReader.Malformed) in try YAMLReader.read(Self.yaml) }
}
