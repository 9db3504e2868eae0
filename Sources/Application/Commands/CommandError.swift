package import JSONSchema

/// Why a command did not happen. Nothing was appended, except perhaps where the outcome is unknown.
package enum CommandError: Error, Equatable, Sendable {
    /// A rule of the business says no.
    case refused(Refusal)
    /// The command's values are not acceptable; all problems at once.
    case invalid([Violation])
    /// The sender has seen an older version: read again and decide again.
    case stale(expected: Int, actual: Int)
    /// Others were faster again and again: try again.
    case contended
    /// The key was used for another command before: choose a new one.
    case idempotencyKeyReused(key: String)
    /// The connection to the log broke on the way: the command may have happened or not. With a key, send it again under the same; without
    /// one, look before sending it again.
    case outcomeUnknown(key: String?, reason: String)
    /// The log cannot be used now: try again later.
    case unavailable(reason: String)
}

/// A refusal in the words of the one who asked: what happened, and what can be done.
package struct Refusal: Error, Equatable, Sendable {
    package let kind: Kind
    /// Stable, for programs: `customer.suspended`.
    package let code: String
    package let detail: String
    package let whatToDo: String
    /// What is otherwise than it was planned: a line each.
    package var moved: [String] = []

    package enum Kind: Equatable, Sendable {
        /// The thing that the command is about does not exist.
        case notFound
        /// The thing is not in a state that allows the command.
        case conflict
        /// The one who asks may not do this, whatever the role.
        case forbidden
        /// The command names something that cannot be used.
        case unusable
        /// What is needed to answer cannot be had now.
        case unavailable
    }

    package init(_ kind: Kind, _ code: String, _ detail: String, whatToDo: String) {
        self.kind = kind
        self.code = code
        self.detail = detail
        self.whatToDo = whatToDo
    }
}
