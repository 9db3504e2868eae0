import EventSourcing
import HTTPTypes

extension OpenAPIDocument {
    static let headers: [String: JSONValue] = ResponseHeader.allCases.reduce(
        into: [
            "X-Correlation-ID": [
                "description": "The request's name in log lines and events.", "schema": ["type": "string"],
            ],
            "Retry-After": ["description": "Seconds to wait.", "schema": ["type": "integer"]],
            "Allow": ["description": "The methods that the path has.", "schema": ["type": "string"]],
            "WWW-Authenticate": ["description": "How to say who you are.", "schema": ["type": "string"]],
        ]
    ) { headers, header in
        headers[header.rawValue] = ["description": .string(header.description), "schema": header.schema]
    }

    static let problems: [String: JSONValue] = Problem.Kind.allCases.reduce(into: [:]) { problems, kind in
        var headers: [String: JSONValue] = ["X-Correlation-ID": ["$ref": "#/components/headers/X-Correlation-ID"]]
        for name in kind.headers { headers[name] = ["$ref": "#/components/headers/\(name)"] }
        problems[kind.rawValue] = [
            "description": .string(kind.title), "headers": .object(headers),
            "content": ["application/problem+json": ["schema": Schemas.reference("Problem")]],
        ]
    }
}

extension Problem.Kind {
    fileprivate var headers: [String] {
        switch self {
        case .unauthenticated: ["WWW-Authenticate"]
        case .methodNotAllowed: ["Allow"]
        case .unavailable, .behind, .conflict: ["Retry-After"]
        case .malformed, .forbidden, .notFound, .stale, .bodyTooLarge, .wrongContentType, .invalid, .internalError: []
        }
    }
}

extension Operation {
    /// What can go wrong, from what the operation asks for.
    var possibleProblems: Set<Problem.Kind> {
        var kinds = problems.union([.malformed, .internalError])
        if role != nil { kinds.formUnion([.unauthenticated, .forbidden, .unavailable]) }
        if body != nil { kinds.formUnion([.wrongContentType, .bodyTooLarge]) }
        // Query parameters that are not known are refused everywhere.
        kinds.insert(.invalid)
        if parameters.contains(where: { $0.name == Parameter.after.name }) { kinds.insert(.behind) }
        return kinds
    }
}
