import Application
import EventSourcing

extension Problem {
    /// The answer to whatever an operation threw. What nobody expected says nothing about the inside.
    init(_ error: any Error) {
        self =
            switch error {
            case let problem as Problem: problem
            case let error as CommandError: Problem(error)
            case let error as QueryError: Problem(error)
            case let error as ProjectionError: Problem(error)
            case let error as SubscriptionError: Problem(error)
            case let error as AuditError: Problem(error)
            case let error as ReplayError: Problem(error)
            case let error as PersonalDataError: Problem(error)
            case let error as EventStoreError: Problem(error)
            case let error as TokenRejection: Problem(error)
            default: .unexpected(reason: String(reflecting: error))
            }
    }

    static func unexpected(reason: String) -> Problem {
        Problem(
            .internalError, "internal", "The request could not be carried out.",
            whatToDo: "Tell the operators of DeployCenter the correlation id.", internalReason: reason)
    }

    static func unavailable(reason: String) -> Problem {
        Problem(
            .unavailable, "store.unavailable", "The database cannot be used now.", whatToDo: "Try again in a while.",
            retryAfterSeconds: 5, internalReason: reason)
    }

    static let contended = Problem(
        .conflict, "stream.contended", "Others changed the same thing again and again.",
        whatToDo: "Send the request again.", retryAfterSeconds: 1)

    init(_ error: CommandError) {
        self =
            switch error {
            case .refused(let refusal):
                Problem(refusal)
            case .invalid(let violations): .invalid(violations.map { FieldError(.body, $0) })
            case .stale(let expected, let actual):
                Problem(
                    .stale, "stream.stale", "You have seen version \(expected); it has version \(actual) now.",
                    whatToDo: "Read it again, decide again, and send the new version in If-Match.")
            case .contended: .contended
            case .idempotencyKeyReused: .keyReused
            case .outcomeUnknown(let key, let reason): .outcomeUnknown(hasKey: key != nil, reason: reason)
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    private init(_ refusal: Refusal) {
        self.init(
            refusal.kind.problem, refusal.code, refusal.detail, whatToDo: refusal.whatToDo,
            retryAfterSeconds: refusal.kind == .unavailable ? 5 : nil)
        moved = refusal.moved
    }

    /// Programs that repeat whatever says `Retry-After` must not do so without a key, so only with one it is said.
    static func outcomeUnknown(hasKey: Bool, reason: String) -> Problem {
        Problem(
            .unavailable, "command.outcome_unknown",
            "The connection to the database broke while the command was on its way: it may have been carried out or not.",
            whatToDo: hasKey
                ? "Send the request again with the same Idempotency-Key: it is carried out once."
                : "Look whether it was carried out before you send it again. With an Idempotency-Key you need not look.",
            retryAfterSeconds: hasKey ? 1 : nil, internalReason: reason)
    }

    static func archiveUnreadable(_ reason: String) -> Problem {
        Problem(
            .unavailable, "events.archive_unreadable", "What you ask for is in archive files: \(reason)",
            whatToDo: "Ask an administrator to put the file there, or to restore it: `deploycenter store restore`.")
    }

    static func beyondHead(_ position: Position, head: Position) -> Problem {
        .invalid([FieldError(.query, "/asOf", "position \(position) is not there yet; the last one is \(head)")])
    }

    static let keyReused = Problem(
        .invalid, "idempotency_key.reused", "You sent this Idempotency-Key with another request before.",
        whatToDo: "Choose a new key for a new request.",
        errors: [FieldError(.header, "/Idempotency-Key", "belongs to another request")])

    init(_ error: QueryError) {
        self =
            switch error {
            case .unknownFilter(let name, let allowed):
                .invalid([FieldError(.query, "/\(name)", "is not known; use \(allowed.joined(separator: ", "))")])
            case .badFilterValue(let name, let kind):
                .invalid([FieldError(.query, "/\(name)", "must be of the kind \(kind.rawValue)")])
            case .badFilterParts(let name, let allowed):
                .invalid([
                    FieldError(
                        .query, "/\(name)", "must be some of \(allowed.joined(separator: ", ")), with commas between")
                ])
            case .badCursor:
                .invalid([FieldError(.query, "/cursor", "was not given by this list; begin again without a cursor")])
            case .badLimit(let allowed):
                .invalid([FieldError(.query, "/limit", "must be from \(allowed.lowerBound) to \(allowed.upperBound)")])
            case .behind(let view, let position):
                Problem(
                    .behind, "view.behind",
                    "The view \(view.rawValue) has seen position \(position) only in the time that a request may wait.",
                    whatToDo: "Send the request again, or leave `after` out and take what the view has.",
                    retryAfterSeconds: 1)
            case .notBuilt(let view):
                Problem(
                    .unavailable, "view.not_built", "The view \(view.rawValue) is being built for the first time.",
                    whatToDo: "Try again in a while.", retryAfterSeconds: 5)
            case .beyondHead(let position, let head): .beyondHead(position, head: head)
            case .momentNotReady(let view, let position):
                Problem(
                    .unavailable, "view.moment_not_ready",
                    "The view \(view.rawValue) as of position \(position) is being built.",
                    whatToDo: "Send the request again.", retryAfterSeconds: 5)
            case .archived(let begin):
                Problem(
                    .unavailable, "view.archived", "The log begins at position \(begin); what was before is archived.",
                    whatToDo:
                        "Leave `asOf` out, or ask an administrator to restore the archives: `deploycenter store restore`, once for each file."
                )
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    init(_ error: EventStoreError) {
        self =
            switch error {
            case .versionConflict, .leaseLost: .contended
            case .idempotencyKeyReused: .keyReused
            case .unreadable(let event, let position):
                .unexpected(reason: "the event at position \(position) cannot be read: \(event)")
            case .archived(let position):
                Problem(
                    .unavailable, "events.archived", "The events up to position \(position) are in archive files.",
                    whatToDo:
                        "Ask an administrator to restore the archives: `deploycenter store restore`, once for each file."
                )
            case .archiveUnreadable(let reason): .archiveUnreadable(reason)
            case .outcomeUnknown(let reason): .outcomeUnknown(hasKey: false, reason: reason)
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    init(_ error: TokenRejection) {
        self =
            switch error {
            case .expired: .tokenExpired
            case .invalid(let reason): .tokenInvalid(reason: reason)
            case .issuerUnavailable(let reason):
                Problem(
                    .unavailable, "issuer.unavailable", "The identity provider cannot be asked now.",
                    whatToDo: "Try again in a while.", retryAfterSeconds: 5, internalReason: reason)
            }
    }
}

extension Refusal.Kind {
    fileprivate var problem: Problem.Kind {
        switch self {
        case .notFound: .notFound
        case .conflict: .conflict
        case .forbidden: .forbidden
        case .unusable: .invalid
        case .unavailable: .unavailable
        }
    }
}
