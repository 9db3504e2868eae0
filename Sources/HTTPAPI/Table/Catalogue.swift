import EventSourcing
import HTTPTypes
import JSONSchema

/// The whole table of operations with the document that describes it and the checks that the document promises.
struct Catalogue: Sendable {
    let operations: [Operation]
    /// The OpenAPI document.
    let document: JSONValue
    let documentBytes: [UInt8]
    private let bodies: [String: JSONSchema]
    private let parameters: [String: [CheckedParameter]]

    /// A parameter with its schema ready to judge.
    struct CheckedParameter: Sendable {
        let parameter: Parameter
        let schema: JSONSchema
    }

    init(_ operations: [Operation]) {
        let document = OpenAPIDocument(operations).json
        var bodies: [String: JSONSchema] = [:]
        var parameters: [String: [CheckedParameter]] = [:]
        for operation in operations {
            if let body = operation.body {
                bodies[operation.id] = Self.compile(Schemas.reference(body.schema), within: document)
            }
            parameters[operation.id] = operation.parameters.map {
                CheckedParameter(parameter: $0, schema: Self.compile($0.schema, within: nil))
            }
        }
        self.operations = operations
        self.document = document
        documentBytes = JSONWriter.write(document)
        self.bodies = bodies
        self.parameters = parameters
    }

    private static func compile(_ schema: JSONValue, within document: JSONValue?) -> JSONSchema {
        do throws(JSONSchemaError) {
            return try JSONSchema(schema, within: document)
        } catch {
            preconditionFailure("a schema of the API itself is wrong: \(error)")
        }
    }

    func violations(of body: JSONValue, for operation: Operation) -> [FieldError] {
        (bodies[operation.id]?.validate(body) ?? []).map { FieldError(.body, $0) }
    }

    func parameters(of operation: Operation) -> [CheckedParameter] { parameters[operation.id] ?? [] }

    /// What a method and path lead to.
    enum Route {
        case operation(Operation, [String: String])
        case wrongMethod(allowed: [HTTPRequest.Method])
        case unknown
    }

    func route(_ method: HTTPRequest.Method, _ path: [String]) -> Route {
        let fitting = operations.compactMap { operation in operation.path.match(path).map { (operation, $0) } }
        // A literal segment beats a variable one: `/events/stream` is not the event called "stream".
        guard let literal = fitting.map(\.0.path.literalCount).max() else { return .unknown }
        let closest = fitting.filter { $0.0.path.literalCount == literal }
        // Whoever answers GET answers HEAD (RFC 9110, 9.1).
        let wanted = method == .head ? .get : method
        if let (operation, values) = closest.first(where: { $0.0.method == wanted }) {
            return .operation(operation, values)
        }
        let methods = closest.map(\.0.method).sorted { $0.rawValue < $1.rawValue }
        return .wrongMethod(allowed: methods.contains(.get) ? methods + [.head] : methods)
    }
}
