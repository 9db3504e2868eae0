import Application
import EventSourcing
import HTTPClient
import HTTPTypes

/// Talks to a running server through its public API, as the dashboard does.
struct APIClient: Sendable {
    let server: Endpoint
    let token: String
    let http: CurlClient
    var timeout = Duration.seconds(30)

    /// An answer of the server; a problem is an answer too.
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue

        var isSuccess: Bool { (200..<300).contains(status) }

        /// What went wrong and what to do, with every error.
        var problem: String {
            let said = [body["title"], body["detail"], body["whatToDo"]].compactMap { $0?.string }
            let errors = (body["errors"]?.array ?? []).map {
                "\n  \($0["path"]?.string ?? ""): \($0["message"]?.string ?? "")"
            }
            return said.joined(separator: " ") + errors.joined()
        }
    }

    /// What the server said when it did not do what was asked.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    func get(_ path: [String], query: [(name: String, value: String)] = []) async throws -> JSONValue {
        try await checked(send(.get, path, query: query, body: nil), "GET /\(path.joined(separator: "/"))")
    }

    @discardableResult
    func post(_ path: [String], _ body: JSONValue) async throws -> JSONValue {
        try await checked(send(.post, path, query: [], body: body), "POST /\(path.joined(separator: "/"))")
    }

    @discardableResult
    func put(_ path: [String], _ body: JSONValue) async throws -> JSONValue {
        try await checked(send(.put, path, query: [], body: body), "PUT /\(path.joined(separator: "/"))")
    }

    func send(
        _ method: HTTPRequest.Method, _ path: [String], query: [(name: String, value: String)], body: JSONValue?,
        idempotencyKey: String? = nil
    ) async throws -> Answer {
        var fields = HTTPFields()
        fields[.authorization] = "Bearer \(token)"
        if let idempotencyKey, let name = HTTPField.Name("Idempotency-Key") { fields[name] = idempotencyKey }
        if body != nil { fields[.contentType] = "application/json" }
        let request = server.request(method, ["api", "v1"] + path, query: query, headerFields: fields)
        let bytes = try body.map { Array(try JSONText.encode($0).utf8) } ?? []
        let reply = try await http.send(request, body: bytes, timeout: timeout)
        let text = String(decoding: reply.body, as: UTF8.self)
        return Answer(
            status: reply.status, body: text.isEmpty ? .null : try JSONText.decode(JSONValue.self, from: text))
    }

    private func checked(_ answer: Answer, _ what: String) throws -> JSONValue {
        guard !answer.isSuccess else { return answer.body }
        throw Failure(description: "\(what) answered \(answer.status): \(answer.problem)")
    }
}
