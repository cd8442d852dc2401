package import HTTPTypes

/// The stable codes of the answers that are errors. Each has a page, `/problems/<code>`.
package enum ProblemCode: String, CaseIterable, Sendable {
    case badRequest = "bad_request"
    case malformedJSON = "malformed_json"
    case invalidParameter = "invalid_parameter"
    case unknownParameter = "unknown_parameter"
    case invalidCursor = "invalid_cursor"
    case cursorExpired = "cursor_expired"
    case unauthorized
    case forbidden
    case notFound = "not_found"
    case recordingAbsent = "recording_absent"
    case recordingGone = "recording_gone"
    case methodNotAllowed = "method_not_allowed"
    case notAcceptable = "not_acceptable"
    case conflict
    case tenantSuspended = "tenant_suspended"
    case tenantRemoving = "tenant_removing"
    case extensionNotMapped = "extension_not_mapped"
    case preconditionFailed = "precondition_failed"
    case bodyTooLarge = "body_too_large"
    case queryTooLong = "query_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case validationFailed = "validation_failed"
    case userUnknown = "user_unknown"
    case userRequired = "user_required"
    case extensionUnknown = "extension_unknown"
    case extensionTypeUnsupported = "extension_type_unsupported"
    case duplicateExtension = "duplicate_extension"
    case idempotencyKeyReused = "idempotency_key_reused"
    case requestInProgress = "request_in_progress"
    case preconditionRequired = "precondition_required"
    case tooManyRequests = "too_many_requests"
    case internalError = "internal_error"
    case databaseUnavailable = "database_unavailable"
    case pbxUnavailable = "pbx_unavailable"
    case overloaded
    case noAnswerInTime = "no_answer_in_time"
    case shuttingDown = "shutting_down"

    /// The HTTP status of the answer.
    package var status: HTTPResponse.Status {
        switch self {
        case .badRequest, .malformedJSON, .invalidParameter, .unknownParameter, .invalidCursor: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound, .recordingAbsent, .recordingGone: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .conflict, .tenantSuspended, .tenantRemoving, .extensionNotMapped, .requestInProgress: .conflict
        case .cursorExpired: .gone
        case .preconditionFailed: .preconditionFailed
        case .bodyTooLarge: .contentTooLarge
        case .queryTooLong: .uriTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .validationFailed, .userUnknown, .userRequired, .extensionUnknown, .extensionTypeUnsupported,
            .duplicateExtension, .idempotencyKeyReused:
            .unprocessableContent
        case .preconditionRequired: .preconditionRequired
        case .tooManyRequests: .tooManyRequests
        case .internalError: .internalServerError
        case .databaseUnavailable, .pbxUnavailable, .overloaded, .shuttingDown: .serviceUnavailable
        case .noAnswerInTime: .gatewayTimeout
        }
    }
}
