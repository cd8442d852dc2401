import FoundationEssentials
import Storage
import Telephony

/// How an export writes calls.
protocol CallExportFormat {
    static var contentType: String { get }
    static var fileName: String { get }
    /// What comes before the first call.
    static var header: [UInt8] { get }
    static func write(_ call: StoredCall, into bytes: inout [UInt8])
}

/// One call a line, as JSON.
enum CallNDJSON: CallExportFormat {
    static let contentType = "application/x-ndjson"
    static let fileName = "calls.ndjson"
    static let header: [UInt8] = []

    static func write(_ call: StoredCall, into bytes: inout [UInt8]) {
        call.json.write(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// Comma-separated values (RFC 4180) in UTF-8, with the columns of the SQL view `crm.calls`. What is not known is empty; flags
/// are separated by spaces.
///
/// The values are exact: it is read by programs, and a number such as +79161112233 begins with a character that a spreadsheet
/// may take for a formula's.
enum CallCSV: CallExportFormat {
    static let contentType = "text/csv; charset=utf-8; header=present"
    static let fileName = "calls.csv"

    private static let columns = [
        "id", "version", "direction", "status", "call_id", "sub_call_id", "user_id", "extension_id", "extension_name",
        "extension_type", "client_number", "client_number_e164", "client_name", "did", "started_at", "answered_at",
        "ended_at", "duration_us", "recording_id", "callback_id", "transferred", "internal", "partial", "flags", "rule",
        "rules_version",
    ]

    static var header: [UInt8] { Self.line(Self.columns) }

    static func write(_ call: StoredCall, into bytes: inout [UInt8]) {
        let record = call.record
        bytes += Self.line([
            call.id.uuidString.lowercased(), String(call.version), record.direction.rawValue, record.status.rawValue,
            record.callID.rawValue, record.subCallID, record.userID?.rawValue,
            String(record.extensionRef.id.rawValue), record.extensionRef.name, record.extensionRef.type.rawValue,
            record.clientNumber, record.clientNumberE164, record.clientName, record.did, record.startedAt.rfc3339,
            record.answeredAt?.rfc3339, record.endedAt.rfc3339, record.durationMicroseconds.map { String($0) },
            record.recordingID, record.callbackID, String(record.transferred), String(record.isInternal),
            String(record.isPartial), record.flags.map(\.rawValue).joined(separator: " "), record.rule,
            String(record.rulesVersion),
        ])
    }

    private static func line(_ values: [String?]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0 {
                bytes.append(UInt8(ascii: ","))
            }
            Self.append(value ?? "", to: &bytes)
        }
        return bytes + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    private static func append(_ value: String, to bytes: inout [UInt8]) {
        guard value.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else {
            bytes += value.utf8
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") {
                bytes.append(byte)
            }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
