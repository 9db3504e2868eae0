/// What a caller of the database can react to; no text of it holds a password or a parameter's value.
package enum PostgresError: Error, Equatable, Sendable {
    /// The server refused the statement. `message` and `detail` may quote values: show `description` instead.
    ///
    /// `position` counts the characters of the statement or script from 1 up to where the server found the fault, if it says so.
    case server(sqlstate: String, message: String, detail: String?, constraint: String?, position: Int? = nil)
    /// The connection broke; whether the statement took effect is unknown.
    case connectionLost(reason: String)
    /// No connection could be opened; nothing happened.
    case cannotConnect(reason: String)
    /// All connections stayed busy for the acquire timeout; nothing happened.
    case poolExhausted
    /// The caller's task was cancelled and the statement with it.
    case cancelled
    /// The server gave up after the statement timeout.
    case timedOut
    /// A column is missing, null, or not of the type that was asked for: a mistake of ours.
    case decoding(column: String, reason: String)
}

extension PostgresError {
    package var sqlstate: String? {
        if case .server(let sqlstate, _, _, _, _) = self { sqlstate } else { nil }
    }

    package var constraint: String? {
        if case .server(_, _, _, let constraint, _) = self { constraint } else { nil }
    }

    /// Reads a server's fault as what the caller can do about it. Codes: PostgreSQL manual, appendix A.
    init(fault: ServerFault, cancelled: Bool) {
        switch fault.sqlstate {
        case "57014": self = cancelled ? .cancelled : .timedOut
        case "57P01", "57P02", "57P03", "57P05", "25P03": self = .connectionLost(reason: fault.message)
        case let code where code.hasPrefix("08"): self = .connectionLost(reason: fault.message)
        default:
            self = .server(
                sqlstate: fault.sqlstate, message: fault.message, detail: fault.detail, constraint: fault.constraint,
                position: fault.position)
        }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let sqlstate, let message, _, let constraint, _):
            // Messages of class 22 (data exceptions) quote the value; those of other classes name objects only.
            (sqlstate.hasPrefix("22") ? "a value does not fit" : message)
                + (constraint.map { " (constraint \($0))" } ?? "") + " [SQLSTATE \(sqlstate)]"
        case .connectionLost(let reason): "the connection to the database was lost: \(reason)"
        case .cannotConnect(let reason): "cannot connect to the database: \(reason)"
        case .poolExhausted: "all database connections are busy"
        case .cancelled: "the database call was cancelled"
        case .timedOut: "the database did not finish the statement in time"
        case .decoding(let column, let reason): "column \(column): \(reason)"
        }
    }
}

/// The fields of a server's error report that we use.
struct ServerFault {
    let sqlstate: String
    let message: String
    let detail: String?
    let constraint: String?
    var position: Int?
}
