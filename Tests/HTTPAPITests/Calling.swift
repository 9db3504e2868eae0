import Application
import EventSourcing
import HTTPClient
import HTTPTypes
import Testing
import TestSupport

/// What the server answered.
struct Answer: Sendable {
    let status: Int
    let fields: HTTPFields
    let bytes: [UInt8]
    let body: JSONValue

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var position: Int64 { body["position"]?.integer ?? -1 }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }

    /// The `in` and `path` of each error, in order.
    var errorPlaces: [String] {
        (body["errors"]?.array ?? []).map { "\($0["in"]?.string ?? "?")\($0["path"]?.string ?? "?")" }
    }
}

extension RunningAPI {
    func request(
        _ method: HTTPRequest.Method, _ path: String, as user: String?, _ headers: [String: String] = [:]
    ) -> HTTPRequest {
        var fields = HTTPFields()
        if let user { fields[.authorization] = "Bearer \(user)" }
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return HTTPRequest(
            method: method, scheme: "http", authority: "127.0.0.1:\(port)", path: path, headerFields: fields)
    }

    /// Sends bytes as they are. Whatever comes back has to be what the document promises.
    func send(
        _ method: HTTPRequest.Method, _ path: String, as user: String? = "ada", bytes: [UInt8] = [],
        _ headers: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let reply = try await http.send(request(method, path, as: user, headers), body: bytes, timeout: .seconds(30))
        // Not lines of JSON.
        let isJSON = reply.header(.contentType)?.hasSuffix("json") ?? false
        let body =
            isJSON && !reply.body.isEmpty
            ? try JSONText.decode(JSONValue.self, from: String(decoding: reply.body, as: UTF8.self)) : .null
        let answer = Answer(status: reply.status, fields: reply.head.headerFields, bytes: reply.body, body: body)
        if method != .head { document.check(answer, to: method, path, sourceLocation) }
        return answer
    }

    func get(
        _ path: String, as user: String? = "vera", _ headers: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send(.get, path, as: user, headers, sourceLocation: sourceLocation)
    }

    /// Sends JSON.
    func send(
        _ method: HTTPRequest.Method, _ path: String, as user: String? = "ada", json body: JSONValue,
        _ headers: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send(
            method, path, as: user, bytes: Array(try JSONText.encode(body).utf8),
            headers.merging(["Content-Type": "application/json"]) { own, _ in own }, sourceLocation: sourceLocation)
    }

    func post(
        _ path: String, as user: String? = "ada", _ body: JSONValue = [:], _ headers: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        try await send(.post, path, as: user, json: body, headers, sourceLocation: sourceLocation)
    }

    /// A customer that is routed to an open cluster, and an approved template.
    @discardableResult
    func prepare() async throws -> Int64 {
        _ = try await post("/api/v1/customers", as: "dana", ["id": "acme", "name": "Acme"])
        _ = try await post("/api/v1/clusters", Fixtures.cluster)
        let route = try await send(.put, "/api/v1/customers/acme/cluster", as: "dana", json: ["cluster": "eks-eu-1"])
        #expect(route.status == 200, "\(route.text)")
        _ = try await post("/api/v1/templates", ["files": .object(Fixtures.template("1.0.0"))])
        let approval = try await post("/api/v1/templates/shop/versions/1.0.0/approve", as: "alan")
        #expect(approval.status == 200, "\(approval.text)")
        return approval.position
    }
}

/// Bodies that are right.
enum Fixtures {
    static let cluster: JSONValue = [
        "id": "eks-eu-1", "destination": "eks-eu-1", "region": "eu-central-1", "fileSystem": "fs-0123456789abcdef0",
        "hostedZone": "Z0EXAMPLE", "zoneDomain": "apps.example", "ingressHostname": "lb.example",
        "labels": ["stage": "test"],
    ]

    static let deployment: JSONValue = [
        "customer": "acme", "name": "shop", "environment": "production", "size": "small", "template": "shop",
        "templateVersion": "1.0.0",
    ]

    static func template(_ version: String) -> [String: JSONValue] {
        ShopTemplate.files(version).mapValues(JSONValue.string)
    }
}
