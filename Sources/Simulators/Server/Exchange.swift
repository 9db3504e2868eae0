import EventSourcing

/// One request as the simulators see it: read whole, with the path both raw and decoded.
struct Call: Sendable {
    let method: String
    /// As sent, percent-encoded, without the query: what signatures cover.
    let path: String
    let query: String
    /// Lower-case names; repeated headers joined by a comma.
    let headers: [String: String]
    let body: [UInt8]

    /// Decoded path segments, without empty ones.
    var segments: [String] {
        path.split(separator: "/").map { percentDecoded(String($0)) }
    }

    /// Decoded names and values in the order sent.
    var queryItems: [(name: String, value: String)] { formItems(query) }

    func parameter(_ name: String) -> String? { queryItems.first { $0.name == name }?.value }

    func header(_ name: String) -> String? { headers[name] }

    /// The body as JSON; nil where it is none.
    var json: JSONValue? { JSONValue(bytes: body) }

    var bearerToken: String? {
        guard let value = header("authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()) else { return nil }
        return String(parts[1])
    }
}

/// One answer: a whole body, or a stream that ends when the client leaves.
struct Answer: Sendable {
    /// What follows the head.
    enum Body: Sendable {
        case bytes([UInt8])
        case stream(AsyncStream<String>)
    }

    var status: Int
    var headers: [String: String] = [:]
    var body: Body

    init(_ status: Int, headers: [String: String] = [:], bytes: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = .bytes(bytes)
    }

    static func json(_ status: Int, _ value: JSONValue, headers: [String: String] = [:]) -> Answer {
        var answer = Answer(status, headers: headers, bytes: value.bytes)
        answer.headers["Content-Type"] = answer.headers["Content-Type"] ?? "application/json"
        return answer
    }

    static func text(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> Answer {
        Answer(status, headers: ["Content-Type": type], bytes: Array(text.utf8))
    }

    static func stream(type: String, _ pieces: AsyncStream<String>) -> Answer {
        var answer = Answer(200, headers: ["Content-Type": type])
        answer.body = .stream(pieces)
        return answer
    }
}

/// A vendor's behaviour, apart from sockets.
protocol Vendor: Sendable {
    /// The name of its directory and in errors: `github`.
    var name: String { get }

    func answer(_ call: Call) async -> Answer

    /// Counts of what exists now, for evidence.
    func summary() async -> JSONValue

    /// The operations that faults can be meant for: `efs.CreateAccessPoint`.
    var operations: [String] { get }

    /// Which of them a request asks for; a name with `other` for what has none.
    func operation(of call: Call) -> String

    /// What else a rule's `match` is looked for in: what the request names by an id alone.
    func subject(of call: Call) async -> String

    /// What the vendor says when it refuses, throttles, is broken, busy or finds the credentials expired.
    func answer(to call: Call, _ operation: String, meeting fault: Fault, seconds: Double) async -> Answer

    /// Each thing that exists: `kind`, `id`, `tags` and what else tells it apart.
    func inventory() async -> [JSONValue]
}

extension Vendor {
    func subject(of call: Call) async -> String { "" }
}

/// `a=1&b=two+words` decoded, in the order sent.
func formItems(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "&").map { item in
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map { percentDecoded($0.replacing("+", with: " ")) }
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }
}

/// A malformed escape stays as it is.
func percentDecoded(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
            let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
        {
            decoded.append(value)
            index += 3
        } else {
            decoded.append(bytes[index])
            index += 1
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}
