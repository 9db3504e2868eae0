import Application
import Cryptography
import EventSourcing
import HTTPTypes
import Logging

/// A request that has passed every check of its operation: what the handler works with.
struct Call: Sendable {
    let operation: Operation
    let catalogue: Catalogue
    /// Nil only for operations without a role.
    let principal: Principal?
    /// The values of path and query parameters, by name, with their types.
    let arguments: [String: JSONValue]
    let headers: HTTPFields
    let body: JSONValue
    /// The bytes of a body that the table calls raw; empty otherwise.
    let rawBody: [UInt8]
    let path: String
    let correlationID: String
    let logger: Logger

    /// A parameter that the operation requires, so that it is there.
    func required(_ name: String) throws(Problem) -> String {
        guard let text = arguments[name]?.string else { throw .unexpected(reason: "no parameter \(name)") }
        return text
    }

    func id<Subject>(_ name: String, of subject: Subject.Type) throws(Problem) -> ID<Subject> {
        ID(try required(name))
    }

    func integer(_ name: String) -> Int64? { arguments[name]?.integer }

    /// The moment that is asked about; nil for now.
    func moment() throws(Problem) -> Moment? {
        guard let text = arguments[Parameter.asOf.name]?.string else { return nil }
        do throws(InvalidMoment) {
            return try Moment(text)
        } catch {
            throw .invalid([FieldError(.query, "/\(Parameter.asOf.name)", error.description)])
        }
    }

    /// A member that the body's schema requires, so that it is there.
    func text(_ key: String) throws(Problem) -> String {
        guard let text = body[key]?.string else { throw .unexpected(reason: "no member \(key)") }
        return text
    }

    /// Who commands, and how a repetition is told: the digest covers everything that the request asks for.
    func context() throws(Problem) -> CommandContext {
        guard let principal else { throw .unexpected(reason: "\(operation.id) commands without a principal") }
        let identity = headers[.idempotencyKey].map { key in
            CommandIdentity(
                actor: principal.subject, key: key,
                digest: SHA256.hash(Array("\(operation.id) \(path)\n".utf8) + JSONWriter.write(body)).hex)
        }
        return CommandContext(
            subject: principal.subject, displayName: principal.displayName ?? principal.username,
            roles: principal.roles.sorted(), correlationID: correlationID, source: "api", identity: identity,
            expectedVersion: headers[.ifMatch].flatMap { Int($0.dropFirst().dropLast()) })
    }
}

extension HTTPField.Name {
    /// The names are constants of the right form, so that none is missing.
    static let idempotencyKey = named("Idempotency-Key")
    static let correlationID = named("X-Correlation-ID")
    static let position = named("Deploycenter-Position")
    static let lastEventID = named("Last-Event-ID")
    static let referrerPolicy = named("Referrer-Policy")
    static let accelBuffering = named("X-Accel-Buffering")

    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header's name") }
        return name
    }
}
