import EventSourcing

// `/stream/applications`: newline-delimited JSON, or server-sent events for a caller that accepts those.
extension ArgoCDVendor {
    func stream(_ call: Call) async throws -> Answer {
        let isEventStream = (call.header("accept") ?? "").contains("text/event-stream")
        let watch = ArgoCDWatch(
            // With a resource version and no name, Argo CD sends no initial list.
            skipsInitial: !(call.parameter("resourceVersion") ?? "").isEmpty && call.parameter("name") == nil,
            isEventStream: isEventStream)
        let pieces = AsyncStream {
            await watch.next { await self.selected(call).map { ($0.name, $0.document(at: clock(), pace: pace)) } }
        }
        return .stream(type: isEventStream ? "text/event-stream" : "application/json", pieces)
    }
}

/// What one watcher has seen, so that it hears of changes only.
private actor ArgoCDWatch {
    private var seen: [String: JSONValue] = [:]
    private var waiting: [String] = []
    private var skipsInitial: Bool
    private let isEventStream: Bool
    private var lastPiece = ContinuousClock.now

    init(skipsInitial: Bool, isEventStream: Bool) {
        self.skipsInitial = skipsInitial
        self.isEventStream = isEventStream
    }

    /// The next piece of the stream; nil when the watcher has gone.
    func next(_ read: @Sendable () async -> [(String, JSONValue)]) async -> String? {
        while waiting.isEmpty {
            compare(await read())
            guard waiting.isEmpty else { break }
            if ContinuousClock.now - lastPiece > .seconds(15), isEventStream { waiting.append(":\n\n") }
            // State advances when it is read: looking often is what makes a watcher hear of it in time.
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return nil }
        }
        lastPiece = .now
        return waiting.removeFirst()
    }

    private func compare(_ applications: [(String, JSONValue)]) {
        let now = Dictionary(applications) { $1 }
        for (name, document) in applications where seen[name] != document {
            if !skipsInitial { waiting.append(piece(seen[name] == nil ? "ADDED" : "MODIFIED", document)) }
        }
        for (name, document) in seen where now[name] == nil { waiting.append(piece("DELETED", document)) }
        skipsInitial = false
        seen = now
    }

    private func piece(_ type: String, _ document: JSONValue) -> String {
        let event: JSONValue = ["result": ["type": .string(type), "application": document]]
        return isEventStream ? "data: \(event.text)\n\n" : "\(event.text)\n"
    }
}
