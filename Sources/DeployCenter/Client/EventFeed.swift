import Application
import EventSourcing
import HTTPClient
import HTTPTypes

/// The server's live event stream (server-sent events), as JSON values in the order of their positions.
struct EventFeed: Sendable {
    let client: APIClient
    let query: [(name: String, value: String)]

    /// Hands over each event from `after` on, until `body` answers false. A broken connection is taken up where it ended.
    func read(after position: Int64, _ body: (JSONValue) async throws -> Bool) async throws {
        var last = position
        var failures = 0
        while true {
            do {
                var fields = HTTPFields()
                fields[.authorization] = "Bearer \(client.token)"
                fields[.accept] = "text/event-stream"
                let request = client.server.request(
                    .get, ["api", "v1", "events", "stream"], query: query + [("after", String(last))],
                    headerFields: fields)
                let stream = try await client.http.stream(
                    request, connectTimeout: .seconds(5), idleTimeout: .seconds(60))
                guard stream.head.status.code == 200 else {
                    throw APIClient.Failure(description: "the event stream answered \(stream.head.status.code)")
                }
                var parser = ServerSentEvents()
                for try await chunk in stream {
                    for data in parser.take(chunk) {
                        let event = try JSONText.decode(JSONValue.self, from: data)
                        if let position = event["position"]?.integer { last = max(last, position) }
                        failures = 0
                        guard try await body(event) else { return }
                    }
                }
            } catch let error as HTTPClientError where failures < 30 && error != .cancelled {
                failures += 1  // The server may be starting again: 30 tries, a second apart.
            }
            try await ContinuousClock().sleep(for: .seconds(1))
        }
    }
}

/// Cuts a stream of bytes into the data of server-sent events (WHATWG HTML, 9.2); comments and ids are passed over.
struct ServerSentEvents {
    private var line: [UInt8] = []
    private var data: [String] = []

    mutating func take(_ bytes: [UInt8]) -> [String] {
        var events: [String] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if byte != UInt8(ascii: "\r") { line.append(byte) }
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            line = []
            if text.isEmpty {
                if !data.isEmpty { events.append(data.joined(separator: "\n")) }
                data = []
            } else if text.hasPrefix("data:") {
                data.append(String(text.dropFirst(text.hasPrefix("data: ") ? 6 : 5)))
            }
        }
        return events
    }
}
