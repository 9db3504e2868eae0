import Application
import EventSourcing
import HTTPTypes
import JSONSchema

/// An answer that says why a request did not do what it asked for (RFC 9457), and what can be done about it.
struct Problem: Error, Sendable {
    let kind: Kind
    /// Stable, for programs: `customer.suspended`.
    let code: String
    let detail: String
    let whatToDo: String
    var errors: [FieldError] = []
    /// What is otherwise than it was planned: a line each.
    var moved: [String] = []
    /// How long to wait before another attempt.
    var retryAfterSeconds: Int?
    /// The methods that the path does have.
    var allowed: [HTTPRequest.Method] = []
    /// What the log is told and the sender is not.
    var internalReason: String?

    init(
        _ kind: Kind, _ code: String, _ detail: String, whatToDo: String, errors: [FieldError] = [],
        retryAfterSeconds: Int? = nil, allowed: [HTTPRequest.Method] = [], internalReason: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.detail = detail
        self.whatToDo = whatToDo
        self.errors = errors
        self.retryAfterSeconds = retryAfterSeconds
        self.allowed = allowed
        self.internalReason = internalReason
    }
}

/// One thing that is wrong with a request: in which part of it, and where.
struct FieldError: Hashable, Sendable {
    enum Part: String, CaseIterable, Sendable {
        case body, path, query, header
    }

    let part: Part
    /// A JSON Pointer into the body, or `/` and the parameter's name.
    let path: String
    let message: String

    init(_ part: Part, _ violation: Violation) {
        self.part = part
        path = violation.path
        message = violation.message
    }

    init(_ part: Part, _ path: String, _ message: String) { self.init(part, Violation(path: path, message: message)) }
}

extension Problem {
    /// The kinds of problem that a sender can tell apart. Nothing else of this program knows the numbers of HTTP.
    enum Kind: String, CaseIterable, Sendable {
        case malformed, unauthenticated, forbidden, notFound, methodNotAllowed, conflict, stale, bodyTooLarge
        case wrongContentType, invalid, internalError, unavailable, behind

        var status: HTTPResponse.Status {
            switch self {
            case .malformed: .badRequest
            case .unauthenticated: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .conflict: .conflict
            case .stale: .preconditionFailed
            case .bodyTooLarge: .contentTooLarge
            case .wrongContentType: .unsupportedMediaType
            case .invalid: .unprocessableContent
            case .internalError: .internalServerError
            case .unavailable: .serviceUnavailable
            case .behind: .gatewayTimeout
            }
        }

        var title: String {
            switch self {
            case .malformed: "The request cannot be read."
            case .unauthenticated: "The request does not say who sends it."
            case .forbidden: "You may not do this."
            case .notFound: "There is no such thing."
            case .methodNotAllowed: "The path does not have this method."
            case .conflict: "The request does not fit the present state."
            case .stale: "Somebody changed it meanwhile."
            case .bodyTooLarge: "The body is too large."
            case .wrongContentType: "The body has the wrong content type."
            case .invalid: "The request is not acceptable."
            case .internalError: "Something unexpected happened."
            case .unavailable: "DeployCenter cannot answer now."
            case .behind: "The view has not got there yet."
            }
        }
    }

    /// Whether the same request may succeed later without being changed.
    var isRetryable: Bool { retryAfterSeconds != nil }

    func json(instance: String, correlationID: String) -> JSONValue {
        var members: [String: JSONValue] = [
            "type": "urn:deploycenter:problem:\(code)", "title": .string(kind.title),
            "status": .integer(Int64(kind.status.code)), "detail": .string(detail), "instance": .string(instance),
            "code": .string(code), "retryable": .bool(isRetryable), "correlationID": .string(correlationID),
            "whatToDo": .string(whatToDo),
        ]
        if !errors.isEmpty {
            members["errors"] = .array(
                errors.map {
                    ["in": .string($0.part.rawValue), "path": .string($0.path), "message": .string($0.message)]
                }
            )
        }
        if !moved.isEmpty { members["moved"] = .array(moved.map { .string($0) }) }
        return .object(members)
    }
}

extension Success {
    var status: HTTPResponse.Status {
        switch self {
        case .done: .ok
        case .made: .created
        case .begun: .accepted
        }
    }
}
