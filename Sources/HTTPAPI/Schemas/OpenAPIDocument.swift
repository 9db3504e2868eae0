import Application
import EventSourcing
import HTTPTypes

/// Describes a table of operations in OpenAPI 3.1; everything that the server does on its own is said here as well.
struct OpenAPIDocument {
    private let operations: [Operation]

    init(_ operations: [Operation]) { self.operations = operations }

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "DeployCenter", "version": "1",
                "summary": "Deploys applications of customers to Kubernetes clusters.",
                "description": .string(Self.introduction),
            ],
            "servers": [["url": "/"]],
            "security": [["bearer": []]],
            "tags": .array(
                Operation.Tag.allCases.map { ["name": .string($0.rawValue), "description": .string($0.description)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["bearer": Self.bearer],
                "schemas": .object(Schemas.named),
                "headers": .object(Self.headers),
                "responses": .object(Self.problems),
            ],
        ]
    }

    private static let introduction = """
        Commands answer as soon as their events are in the log; views follow within moments. To read your own writes, send \
        the position of a command's answer as `after` with a query. Every answer has an `X-Correlation-ID`, which the \
        events of a command carry too. Problems are `application/problem+json` (RFC 9457) and say what to do.
        """

    private static let bearer: JSONValue = [
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description":
            "An access token of the identity provider. The roles are viewer, deployer and admin; each includes those before it.",
    ]

    private var paths: [String: JSONValue] {
        Dictionary(grouping: operations, by: \.path.description).mapValues { operations in
            .object(
                Dictionary(uniqueKeysWithValues: operations.map { ($0.method.rawValue.lowercased(), describe($0)) }))
        }
    }

    private func describe(_ operation: Operation) -> JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(operation.id), "tags": [.string(operation.tag.rawValue)],
            "summary": .string(operation.summary), "description": .string(description(of: operation)),
            "parameters": .array(operation.parameters.map(describe) + [Self.correlationID]),
            "responses": .object(responses(of: operation)),
        ]
        members["x-required-role"] = operation.role.map { .string($0.rawValue) }
        if operation.role == nil { members["security"] = [] }
        if let body = operation.body {
            members["requestBody"] = [
                "required": true,
                "description": "At most \(body.bytesMax / 1_048_576) MiB.",
                "content": [
                    "application/json": ["schema": Schemas.reference(body.schema), "example": body.example]
                ],
            ]
        }
        return .object(members)
    }

    private func description(of operation: Operation) -> String {
        let role = operation.role.map { "Needs the role `\($0.rawValue)`." } ?? "Needs no token."
        return operation.description.isEmpty ? role : "\(operation.description) \(role)"
    }

    private func describe(_ parameter: Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .bool(parameter.isRequired), "description": .string(parameter.description),
            "schema": parameter.schema,
        ]
    }

    private static let correlationID: JSONValue = [
        "name": "X-Correlation-ID", "in": "header", "required": false,
        "description":
            "Your name for this request and all that follows from it; one is made if it is missing or unfit.",
        "schema": ["type": "string", "pattern": .string(CorrelationID.pattern)],
    ]

    private func responses(of operation: Operation) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for kind in operation.possibleProblems {
            responses["\(kind.status.code)"] = ["$ref": "#/components/responses/\(kind.rawValue)"]
        }
        var headers: [String: JSONValue] = ["X-Correlation-ID": ["$ref": "#/components/headers/X-Correlation-ID"]]
        for header in operation.answer.headers {
            headers[header.rawValue] = ["$ref": "#/components/headers/\(header.rawValue)"]
        }
        responses["\(operation.answer.success.status.code)"] = [
            "description": .string(operation.answer.description), "headers": .object(headers),
            "content": content(of: operation.answer),
        ]
        return responses
    }

    private func content(of answer: Operation.Answer) -> JSONValue {
        switch answer.content {
        case .json(let schema): ["application/json": ["schema": Schemas.reference(schema)]]
        case .openAPI: ["application/json": ["schema": ["type": "object", "description": "An OpenAPI 3.1 document."]]]
        case .eventStream(let description):
            ["text/event-stream": ["schema": ["type": "string", "description": .string(description)]]]
        case .bytes(let type, let description):
            [
                type: [
                    "schema": [
                        "type": "string", "contentMediaType": .string(type), "description": .string(description),
                    ]
                ]
            ]
        case .metrics:
            ["text/plain": ["schema": ["type": "string", "description": "Prometheus text exposition format 0.0.4."]]]
        }
    }
}
