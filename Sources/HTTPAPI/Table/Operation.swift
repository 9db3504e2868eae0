import Application
import EventSourcing
import HTTPTypes

/// One thing that can be asked of the API. The router, the check of the role, the check of the input and the OpenAPI document
/// are all made from the table of operations, so that none can say something else than another.
struct Operation: Sendable {
    let id: String
    let method: HTTPRequest.Method
    let path: PathTemplate
    let tag: Tag
    let summary: String
    let description: String
    /// The least role that may ask; nil only where no token is needed.
    let role: Role?
    var parameters: [Parameter] = []
    var body: Body?
    let answer: Answer
    /// Problems beyond those that follow from role, parameters and body.
    var problems: Set<Problem.Kind> = []
    let handle: @Sendable (Call) async throws -> Reply

    /// The groups that the document shows operations in.
    enum Tag: String, CaseIterable, Sendable {
        case customers, clusters, templates, deployments, audit, events, views, operations

        var description: String {
            switch self {
            case .customers: "For whom applications are deployed."
            case .clusters: "Where applications run."
            case .templates: "Which applications can be deployed: versions are submitted, approved and deprecated."
            case .deployments: "Applications of customers: their releases and how these are doing."
            case .audit: "Who did what, when, and by which right."
            case .events: "The log itself: streams of facts, as they were written and as they come."
            case .views: "The views that queries read, and how to build them anew."
            case .operations: "For those who run DeployCenter."
            }
        }
    }

    /// What a request carries.
    struct Body: Sendable {
        /// The name of a schema in `Schemas.named`.
        let schema: String
        let example: JSONValue
        var bytesMax = 1024 * 1024
        /// The handler proves who sent the bytes before anything reads them.
        var isRaw = false
    }

    /// What a successful answer looks like.
    struct Answer: Sendable {
        let success: Success
        let description: String
        var content: Content
        var headers: [ResponseHeader] = []

        enum Content: Sendable {
            /// The name of a schema in `Schemas.named`.
            case json(schema: String)
            case openAPI
            /// Server-sent events, and what they carry.
            case eventStream(String)
            case metrics
            /// Bytes of this media type.
            case bytes(type: String, String)
        }
    }
}

/// How an operation can succeed.
enum Success: Sendable {
    /// It is done, or here is the answer.
    case done
    /// There is a new thing; `Location` says where.
    case made
    /// Work has begun that takes its time; `Location` says where to watch it.
    case begun
}

/// The headers that answers have beside those of every answer.
enum ResponseHeader: String, CaseIterable, Sendable {
    case eTag = "ETag"
    case location = "Location"
    case position = "Deploycenter-Position"

    var description: String {
        switch self {
        case .eTag: "The version of the thing's stream; send it back in If-Match."
        case .location: "Where the thing can be read."
        case .position: "A position in the log: send it as `after` with a query to read your own writes."
        }
    }

    var schema: JSONValue {
        switch self {
        case .eTag: ["type": "string", "pattern": "^\"[0-9]+\"$", "examples": ["\"3\""]]
        case .location: ["type": "string", "examples": ["/api/v1/deployments/acme-shop-production"]]
        case .position: ["type": "integer", "format": "int64", "minimum": 0, "examples": [4711]]
        }
    }
}

/// A path with names in braces for the segments that vary.
struct PathTemplate: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Hashable, Sendable {
        case literal(String)
        case variable(String)
        /// All that is left of the path, one segment at least.
        case rest(String)
    }

    let segments: [Segment]
    let description: String

    private init(segments: [Segment], description: String) {
        self.segments = segments
        self.description = description
    }

    init(stringLiteral text: String) {
        description = text
        segments = text.split(separator: "/").map { segment in
            guard segment.hasPrefix("{") else { return .literal(String(segment)) }
            let name = String(segment.dropFirst().dropLast())
            return Self.rests.contains(name) ? .rest(name) : .variable(name)
        }
    }

    /// Variables that take the rest of the path; OpenAPI has no way to say so but words.
    private static let rests: Set<String> = ["tile"]

    /// The values of the variable segments, if the path fits.
    func match(_ path: [String]) -> [String: String]? {
        if case .rest(let name)? = segments.last {
            let fixed = segments.count - 1
            guard path.count > fixed,
                var values = PathTemplate(segments: Array(segments.dropLast()), description: description)
                    .match(Array(path.prefix(fixed)))
            else { return nil }
            values[name] = path.dropFirst(fixed).joined(separator: "/")
            return values
        }
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            switch segment {
            case .literal(let literal): guard literal == text else { return nil }
            case .variable(let name): values[name] = text
            case .rest: return nil
            }
        }
        return values
    }

    var literalCount: Int {
        segments.count { if case .literal = $0 { true } else { false } }
    }
}
