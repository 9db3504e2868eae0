import Application
import EventSourcing
import HTTPTypes
import JSONSchema
import Testing

/// The server's own description, as a test reads it: what there is, and what an answer must look like.
struct OpenAPI: Sendable {
    let json: JSONValue

    struct Operation: Sendable {
        let id: String
        let method: HTTPRequest.Method
        let path: String
        /// Nil where no token is needed.
        let role: Role?
        let description: JSONValue

        /// The path with something in place of each variable.
        var example: String {
            path.split(separator: "/").map { segment in
                switch segment {
                case "{position}": "/1"
                case "{version}": "/9.9.9"
                case "{stream}": "/customer-nobody"
                case "{view}": "/customers"
                case "{subscription}": "/projection:nobody"
                case "{subject}": "/customer:nobody"
                case "{tile}": "/0/000"
                case "{plan}": "/sha256:\(String(repeating: "0", count: 64))"
                default: segment.hasPrefix("{") ? "/nobody" : "/\(segment)"
                }
            }.joined()
        }

        func isFor(_ method: HTTPRequest.Method, _ path: String) -> Bool {
            let own = self.path.split(separator: "/")
            var other = path.prefix { $0 != "?" }.split(separator: "/")
            // The one variable that takes the rest of the path.
            if own.last == "{tile}", other.count > own.count { other.removeLast(other.count - own.count) }
            return method == self.method && own.count == other.count
                && zip(own, other).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
    }

    init(_ bytes: [UInt8]) throws {
        json = try JSONText.decode(JSONValue.self, from: String(decoding: bytes, as: UTF8.self))
    }

    var operations: [Operation] {
        (json["paths"]?.object ?? [:]).flatMap { path, methods in
            (methods.object ?? [:]).compactMap { method, operation in
                guard let id = operation["operationId"]?.string, let method = HTTPRequest.Method(method.uppercased())
                else { return nil }
                return Operation(
                    id: id, method: method, path: path,
                    role: operation["x-required-role"]?.string.flatMap(Role.init(rawValue:)), description: operation)
            }
        }.sorted { $0.id < $1.id }
    }

    /// Whether an answer has a status, a content type, headers and a body that the document knows for its operation.
    func check(
        _ answer: Answer, to method: HTTPRequest.Method, _ path: String, _ sourceLocation: SourceLocation
    ) {
        // What belongs to no operation, such as an unknown path, is a problem all the same.
        let fitting = operations.filter { $0.isFor(method, path) }
        let operation = fitting.min { $0.path.count { $0 == "{" } < $1.path.count { $0 == "{" } }
        let known = operation?.description["responses"]?["\(answer.status)"].map(resolve)
        if operation != nil {
            #expect(
                known != nil, "\(method) \(path): \(answer.status) is not documented", sourceLocation: sourceLocation)
        }
        for name in (known?["headers"]?.object ?? [:]).keys where name != "Retry-After" && name != "Allow" {
            #expect(answer.header(name) != nil, "\(method) \(path): no \(name)", sourceLocation: sourceLocation)
        }
        let type = String((answer.header("Content-Type") ?? "").prefix { $0 != ";" })
        if let known {
            #expect(known["content"]?[type] != nil, "\(method) \(path): \(type)", sourceLocation: sourceLocation)
        }
        let schema =
            operation == nil ? ["$ref": "#/components/schemas/Problem"] : known?["content"]?[type]?["schema"]
        guard let schema, type.hasSuffix("json") else { return }
        do {
            let violations = try JSONSchema(schema, within: json).validate(answer.body)
            #expect(violations == [], "\(method) \(path): \(answer.text)", sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(method) \(path): \(error)", sourceLocation: sourceLocation)
        }
    }

    private func resolve(_ response: JSONValue) -> JSONValue {
        guard let reference = response["$ref"]?.string else { return response }
        return reference.split(separator: "/").dropFirst().reduce(json) { $0[String($1)] ?? .null }
    }
}
