package import Telephony

extension RingmeClient {
    /// All extensions of the client, of every type. One request a page of up to 200, and one for the empty page after
    /// the last: the PBX does not say how large its pages are.
    ///
    /// - Returns: the extensions in the order of the PBX, each once.
    /// - Throws: `PBXError`; never a part of the list.
    package func extensions() async throws(PBXError) -> [PBXExtension] {
        let path = try self.clientPath("/extension/", for: .listExtensions)
        return try await self.allPages(
            PageWalk<PBXExtension, ExtensionID>(lastPageBelow: 1) { $0.id },
            for: .listExtensions,
            request: { page in
                PBXRequest(
                    operation: .listExtensions,
                    path: path,
                    query: [("page", String(page)), ("per_page", "200")]
                )
            },
            rows: { (request) async throws(PBXError) -> [PBXExtension] in
                try await self.value([ExtensionBody].self, of: request).map(\.value)
            }
        )
    }

    /// One extension. One request.
    ///
    /// - Parameter id: the PBX's number of the extension.
    /// - Returns: the extension.
    /// - Throws: `PBXError`; `notFound` when the client has no such extension.
    package func `extension`(_ id: ExtensionID) async throws(PBXError) -> PBXExtension {
        let path = try self.clientPath("/extension/\(id.rawValue)", for: .getExtension)
        return try await self.value(ExtensionBody.self, of: PBXRequest(operation: .getExtension, path: path)).value
    }
}
