import Application
import EventSourcing
import Synchronization

/// Looks at the rebuild of a view again and again, until it is over.
final class RebuildWatch: Sendable {
    private let view: String
    private let list: @Sendable () async throws -> [ProjectionStatus]
    private let interval: Duration
    private let seen = Mutex<(last: RebuildProgress?, isOver: Bool)>((nil, false))

    init(
        _ view: String, every interval: Duration = .milliseconds(500),
        list: @escaping @Sendable () async throws -> [ProjectionStatus]
    ) {
        self.view = view
        self.list = list
        self.interval = interval
    }

    /// Nil after the last.
    func next() async throws -> RebuildProgress? {
        let (last, isOver) = seen.withLock { $0 }
        guard !isOver else { return nil }
        if last != nil { try await Task.sleep(for: interval) }
        let status = try await list().first { $0.view == view }
        let progress = status?.building ?? end(status, after: last)
        seen.withLock { $0 = (progress, progress.phase.isOver) }
        return progress
    }

    /// Nothing is being built any more: what was is served now, or was dropped.
    private func end(_ status: ProjectionStatus?, after last: RebuildProgress?) -> RebuildProgress {
        let isServed = last != nil && status?.generation == last?.generation
        return RebuildProgress(
            view: view, generation: last?.generation ?? status?.generation ?? 0, phase: isServed ? .served : .none,
            done: last?.total ?? 0, total: last?.total ?? 0, eventsPerSecond: nil, secondsLeft: nil,
            position: status?.position ?? .start, failure: nil)
    }
}
