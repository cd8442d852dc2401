import CLibpq
import Dispatch

/// The owner of a `PGcancel`: cancels what a connection runs, from another thread (libpq's manual, section 34.7).
final class LibpqCancel: Sendable {
    // The address rather than the pointer: libpq allows a PGcancel on any thread, which Swift cannot know of a pointer.
    private let address: UInt

    init(_ pointer: OpaquePointer?) {
        self.address = UInt(bitPattern: pointer)
    }

    deinit {
        unsafe PQfreeCancel(OpaquePointer(bitPattern: self.address))
    }

    /// Asks the server to cancel. Blocks on a connection of its own: for a queue that may be blocked.
    func perform() -> Bool {
        guard let handle = unsafe OpaquePointer(bitPattern: self.address) else {
            return false
        }
        let size = 256
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { message in
            unsafe PQcancel(handle, message.baseAddress, Int32(size)) == 1
        }
    }

    /// Where cancelling may block.
    static let queue = DispatchQueue(label: "postgres.cancel", qos: .utility, attributes: .concurrent)
}
