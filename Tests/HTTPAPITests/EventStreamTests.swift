import Application
import EventSourcing
import FoundationEssentials
import HTTPAPI
import HTTPClient
import HTTPTypes
import PostgresEventStore
import Testing

@Suite(.serialized) struct `The live log` {
    @Test(.timeLimit(.minutes(15)))
    func `what was there and what comes arrive in order by one way`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.customers(1...3)
            var stream = try await api.follow("?after=0")
            #expect(try await stream.next(3).map(\.position) == [1, 2, 3])
            try await api.customers(4...5)
            let live = try await stream.next(2)
            #expect(live.map(\.position) == [4, 5])
            #expect(live.map(\.type) == ["customer.created", "customer.created"])
            #expect(live[0].data["stream"] == "customer-c4")
            #expect(live[0].data["payload"]?["name"] == "C")
            #expect(live[0].data["metadata"]?["actorName"] == "Ada")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a subscriber that comes back goes on after the last event that it has`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.customers(1...4)
            var first = try await api.follow("?after=0")
            let last = try await first.next(2)[1].position
            var second = try await api.follow("", ["Last-Event-ID": "\(last)"])
            #expect(try await second.next(2).map(\.position) == [3, 4])
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `without a position only what comes is sent`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.customers(1...2)
            var stream = try await api.follow("")
            try await api.customers(3...3)
            #expect(try await stream.next(1).map(\.position) == [3])
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a category or one stream is all that is sent if that is asked for`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.customers(1...2)
            _ = try await api.post("/api/v1/clusters", Fixtures.cluster)
            try await api.customers(3...3)
            var clusters = try await api.follow("?after=0&category=cluster")
            #expect(try await clusters.next(1).map(\.type) == ["cluster.registered"])
            var one = try await api.follow("?after=0&stream=customer-c3")
            #expect(try await one.next(1).map(\.position) == [4])
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a long history arrives whole`() async throws {
        try await withAPI(projecting: false) { api in
            let metadata = EventMetadata(actor: "ana", correlationID: "test", source: "import")
            let form = StoredForm("test.happened", version: 1, ["text": "a\nb"])
            let events = (1...333).map { _ in NewEvent(id: EventID(UUID().uuidString.lowercased()), form: form) }
            _ = try await api.store.append(
                Append(
                    [StreamAppend(StreamName(category: "test", id: "long"), expected: .noStream, events: events)],
                    metadata: metadata))
            var stream = try await api.follow("?after=0")
            let all = try await stream.next(333)
            #expect(all.map(\.position) == Array(1...333))
            #expect(all.allSatisfy { $0.data["payload"] == ["text": "a\nb"] })
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `where nothing happens a comment shows that the line stands`() async throws {
        try await withAPI(configure: { $0.heartbeat = .milliseconds(50) }, projecting: false) { api in
            var stream = try await api.follow("")
            try await stream.nextComment("heartbeat")
            try await stream.nextComment("heartbeat")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a graceful shutdown ends open streams`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.customers(1...1)
            var stream = try await api.follow("?after=0")
            _ = try await stream.next(1)
            let metrics = String(decoding: api.metrics.exposition(), as: UTF8.self)
            #expect(metrics.contains("deploycenter_event_stream_subscribers 1\n"))
            await api.shutDown()
            #expect(try await stream.isAtEnd())
            let after = String(decoding: api.metrics.exposition(), as: UTF8.self)
            #expect(after.contains("deploycenter_event_stream_subscribers 0\n"))
        }
    }
}

extension RunningAPI {
    fileprivate func customers(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers {
            let made = try await post("/api/v1/customers", ["id": "c\(number)", "name": "C"])
            #expect(made.status == 201)
        }
    }

    /// Begins to follow; returns when the server has said its first words.
    func follow(_ query: String, _ headers: [String: String] = [:]) async throws -> EventReader {
        let stream = try await http.stream(
            request(.get, "/api/v1/events/stream\(query)", as: "vera", headers), connectTimeout: .seconds(5))
        #expect(stream.head.status.code == 200)
        #expect(stream.head.headerFields[.contentType] == "text/event-stream")
        var reader = EventReader(chunks: stream.makeAsyncIterator())
        try await reader.nextRetry()
        return reader
    }
}

/// Reads server-sent events off a connection.
struct EventReader {
    struct Event {
        let position: Int64
        let type: String
        let data: JSONValue
    }

    struct Ended: Error {}

    var chunks: HTTPStream.Iterator
    private var bytes: [UInt8] = []

    init(chunks: HTTPStream.Iterator) { self.chunks = chunks }

    mutating func next(_ count: Int) async throws -> [Event] {
        var events: [Event] = []
        while events.count < count {
            let block = try await nextBlock()
            guard let data = block["data"] else { continue }
            let event = Event(
                position: Int64(block["id"] ?? "") ?? -1, type: block["event"] ?? "",
                data: try JSONText.decode(JSONValue.self, from: data))
            #expect(event.data["position"]?.integer == event.position)
            events.append(event)
        }
        return events
    }

    /// The `data` of everything up to the end of the stream.
    mutating func rest() async throws -> [JSONValue] {
        var all: [JSONValue] = []
        do {
            while true {
                guard let data = try await nextBlock()["data"] else { continue }
                all.append(try JSONText.decode(JSONValue.self, from: data))
            }
        } catch is Ended {
            return all
        }
    }

    mutating func nextRetry() async throws { while try await nextBlock()["retry"] == nil {} }

    mutating func nextComment(_ text: String) async throws { while try await nextBlock()[""] != text {} }

    mutating func isAtEnd() async throws -> Bool {
        do {
            _ = try await next(1)
            return false
        } catch is Ended {
            return true
        }
    }

    /// The fields up to the next empty line.
    private mutating func nextBlock() async throws -> [String: String] {
        while true {
            if let end = bytes.indices.dropLast().first(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }) {
                let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n")
                bytes.removeSubrange(...(end + 1))
                return lines.reduce(into: [:]) { fields, line in
                    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    fields[String(parts[0])] = String(parts[1].drop { $0 == " " })
                }
            }
            guard let chunk = try await chunks.next() else { throw Ended() }
            bytes += chunk
        }
    }
}
