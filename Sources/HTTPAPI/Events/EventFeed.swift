import Application
import EventSourcing
import Hummingbird
import Logging
import Metrics
import ServiceLifecycle

/// Sends the log to one subscriber as server-sent events, from a position on and then as it grows.
///
/// Past and present come by the same way: a wake-up only says when to read on from the last position. So there is no seam
/// between catching up and following, and a subscriber that reads slowly costs two pages of memory, however far it is behind.
struct EventFeed: Sendable {
    let store: any EventStore
    let start: Position
    let streams: EventSelection.Streams
    let heartbeat: Duration
    let metrics: PrometheusRegistry
    let logger: Logger

    /// How often the log is looked at in case a wake-up was lost.
    private static let pollInterval = Duration.seconds(2)

    var body: ResponseBody {
        ResponseBody { writer in
            let subscribers = Meter(label: "event.stream.subscribers", factory: metrics)
            subscribers.increment()
            defer { subscribers.decrement() }
            try await send { bytes in try await writer.write(ByteBuffer(string: bytes)) }
            try await writer.finish(nil)
        }
    }

    /// Runs until the subscriber leaves (a write fails), the server shuts down or the log fails; the subscriber then comes back
    /// with the position that it has.
    private func send(_ write: (String) async throws -> Void) async throws {
        let pulse = Pulse()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await pulse.drive(by: store.wakeUps(), every: min(Self.pollInterval, heartbeat)) }
            var position = start
            var lastWrite = ContinuousClock.now
            try await write("retry: 2000\n\n")
            for await _ in pulse.beats.cancelOnGracefulShutdown() {
                if try await sendNew(after: &position, write) {
                    lastWrite = .now
                } else if lastWrite.duration(to: .now) >= heartbeat {
                    // A silent connection does not show that its other end is gone.
                    try await write(": heartbeat\n\n")
                    lastWrite = .now
                }
            }
        }
    }

    /// Sends everything after `position`, page by page; says whether there was anything.
    private func sendNew(after position: inout Position, _ write: (String) async throws -> Void) async throws -> Bool {
        var hasSent = false
        do {
            for try await page in store.pages(of: EventSelection(streams, after: position)) {
                try await write(page.map(\.serverSentEvent).joined())
                hasSent = true
                if let last = page.last { position = last.position }
            }
        } catch let error as EventStoreError {
            logger.warning("event stream ended", metadata: [LogKeys.error: "\(error)"])
            throw error
        }
        return hasSent
    }
}
