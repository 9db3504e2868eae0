import Application
import Logging
import PostgresLeases
import ServiceLifecycle
import Synchronization

/// Says whether this replica is the one that commits: whoever holds the repository's lease takes all commits that wait, so that
/// they share pushes.
final class CommitTurn: Service {
    private let leases: PostgresLeases
    private let name: String
    private let holds = Mutex(false)

    init(leases: PostgresLeases, repository: RepositoryLocation) {
        self.leases = leases
        name = "commits:\(repository.url)#\(repository.branch)"
    }

    var isMine: Bool { holds.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await leases.whileHeld(name) { [self] _ in
                holds.withLock { $0 = true }
                defer { holds.withLock { $0 = false } }
                await untilCancelled()
            }
        }
    }
}

/// Looks through the repository whenever a message of its host says so, and at least so often: messages get lost.
///
/// The regular look is one replica's at a time; a message is followed by whoever gets it.
struct RepositoryWatching: Service {
    let watch: RepositoryWatch
    let pulse = Pulse()
    let leases: PostgresLeases
    let interval: Duration
    let logger: Logger

    static let lease = "repository-watch"

    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown {
                    await leases.whileHeld(Self.lease) { _ in
                        pulse.now()
                        // Sleeping fails only when cancelled, which ends the turn.
                        while (try? await ContinuousClock().sleep(for: interval)) != nil { pulse.now() }
                    }
                }
                pulse.stop()
            }
            for await _ in pulse.beats { await look() }
        }
    }

    private func look() async {
        do throws(RepositoryWatch.Failure) {
            let notes = try await watch.look()
            if notes > 0 { logger.notice("files were changed by others", metadata: ["deployments": "\(notes)"]) }
        } catch {
            logger.warning("the repository could not be looked through", metadata: ["error": "\(error)"])
        }
    }
}

/// Sleeps as long as the task is wanted.
private func untilCancelled() async {
    let (never, end) = AsyncStream.makeStream(of: Void.self)
    await withTaskCancellationHandler {
        for await _ in never {}
    } onCancel: {
        end.finish()
    }
}
