import CLibpq
import Glibc

/// The owner of a `PGconn`. Not blocking once it is open; used by one queue only.
@safe
struct LibpqConnection: ~Copyable {
    /// What is left to send.
    enum Flush {
        case done
        /// The socket takes no more now: flush again when it is writable.
        case pending
        case failed
    }

    /// What the server says about the transaction of the session.
    enum TransactionStatus: Sendable, Equatable {
        case idle
        case active
        case inTransaction
        case inFailedTransaction
        case unknown
    }

    private(set) var pointer: OpaquePointer?
    private let notices: LibpqNotices

    /// Connects, blocking: for the connection's own queue only. libpq tries every host and address in turn, each within
    /// `connect_timeout`, and finds the one that `target_session_attrs` asks for.
    ///
    /// Parameters before `dbname` give way to what the connection string says, those behind it do not.
    init(connectionString: String, defaults: [(String, String)], overrides: [(String, String)], notices: LibpqNotices) {
        let parameters = defaults + [("dbname", connectionString)] + overrides
        let keywords = unsafe parameters.map { unsafe strdup($0.0) }
        let values = unsafe parameters.map { unsafe strdup($0.1) }
        defer {
            for index in parameters.indices {
                unsafe free(keywords[index])
                unsafe free(values[index])
            }
        }
        let keywordList = unsafe keywords.map { unsafe UnsafePointer($0) } + [nil]
        let valueList = unsafe values.map { unsafe UnsafePointer($0) } + [nil]
        unsafe self.pointer = unsafe PQconnectdbParams(keywordList, valueList, 1)
        self.notices = notices
        notices.install(on: self)
    }

    deinit {
        unsafe PQfinish(self.pointer)
    }

    /// Closes the connection. Everything else then fails or answers nothing.
    mutating func close() {
        unsafe PQfinish(self.pointer)
        unsafe self.pointer = nil
    }

    var isOpen: Bool { unsafe PQstatus(self.pointer) == CONNECTION_OK }

    var socket: Int32 { unsafe PQsocket(self.pointer) }

    var isEncrypted: Bool { unsafe PQsslInUse(self.pointer) != 0 }

    var backendProcess: Int32 { unsafe PQbackendPID(self.pointer) }

    /// The host that answered, of those in the connection string.
    var host: String {
        guard let host = unsafe PQhost(self.pointer), let port = unsafe PQport(self.pointer) else {
            return ""
        }
        return unsafe "\(String(cString: host)):\(String(cString: port))"
    }

    /// libpq's last message, all its lines.
    var errorMessage: String {
        guard let message = unsafe PQerrorMessage(self.pointer) else {
            return ""
        }
        return unsafe String(cString: message)
    }

    var transactionStatus: TransactionStatus {
        switch unsafe PQtransactionStatus(self.pointer) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .inFailedTransaction
        default: .unknown
        }
    }

    /// A handle by which another queue can cancel what runs here.
    var cancelHandle: LibpqCancel { unsafe LibpqCancel(PQgetCancel(self.pointer)) }

    /// Makes every following call non-blocking.
    func makeNonBlocking() -> Bool {
        unsafe PQsetnonblocking(self.pointer, 1) == 0
    }

    /// Runs a statement, blocking: for the connection's own queue while it connects.
    func runBlocking(_ sql: String) -> LibpqResult {
        unsafe LibpqResult(PQexec(self.pointer, sql))
    }

    func enterPipeline() -> Bool {
        unsafe PQenterPipelineMode(self.pointer) == 1
    }

    /// Works only when nothing is on its way.
    func exitPipeline() -> Bool {
        unsafe PQexitPipelineMode(self.pointer) == 1
    }

    /// Reads what the socket has. False: the connection is lost.
    func consumeInput() -> Bool {
        unsafe PQconsumeInput(self.pointer) == 1
    }

    /// Whether ``nextResult()`` would have to wait.
    var isBusy: Bool { unsafe PQisBusy(self.pointer) != 0 }

    /// The next answer; nil ends the answers to one statement.
    func nextResult() -> LibpqResult? {
        guard let result = unsafe PQgetResult(self.pointer) else {
            return nil
        }
        return unsafe LibpqResult(result)
    }

    func flush() -> Flush {
        switch unsafe PQflush(self.pointer) {
        case 0: .done
        case 1: .pending
        default: .failed
        }
    }

    /// The next notification that has arrived: channel and payload.
    func nextNotification() -> (channel: String, payload: String)? {
        guard let notification = unsafe PQnotifies(self.pointer) else {
            return nil
        }
        defer { unsafe PQfreemem(notification) }
        let channel = unsafe notification.pointee.relname.map { unsafe String(cString: $0) } ?? ""
        let payload = unsafe notification.pointee.extra.map { unsafe String(cString: $0) } ?? ""
        return (channel, payload)
    }
}
