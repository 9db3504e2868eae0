import FoundationEssentials
import Glibc
import LocalPostgres

/// The Postgres server that all tests of one process share: started by the first that asks, removed when the process exits.
package actor SharedCluster {
    package static let shared = SharedCluster()

    private static let prefix = "deploycenter-tests-"
    private static let parent = "/tmp"
    /// What the exit handler removes; it may not capture anything.
    private static let directory = "\(parent)/\(prefix)\(getpid())"

    private var starting: Task<String, any Error>?

    /// The connection string of the superuser.
    package func url() async throws -> String {
        if let starting { return try await starting.value }
        let task = Task { try await Self.start() }
        starting = task
        return try await task.value
    }

    /// An empty directory of its own, for a test that needs a cluster of its own; removed when the process exits.
    package nonisolated func directory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: Self.directory, withIntermediateDirectories: true)
        Self.removeAtExit
        return "\(Self.directory)/\(name)"
    }

    private static func start() async throws -> String {
        reapDead()
        removeAtExit
        return try await LocalPostgres(directory: directory + "/shared", durable: false).start()
    }

    private static let removeAtExit: Void = {
        atexit { SharedCluster.remove(SharedCluster.directory) }
    }()

    /// Processes that were killed could not remove theirs.
    private static func reapDead() {
        // Nothing there, nothing to reap.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            guard let process = Int32(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            remove("\(parent)/\(name)")
        }
    }

    /// SIGQUIT is an immediate shutdown. A directory in which servers still write would come back while it is removed.
    private static func remove(_ directory: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            guard let process = LocalPostgres.serverProcess(of: "\(directory)/\(name)") else { continue }
            kill(process, SIGQUIT)
            // The server is no child of ours whose end could be awaited, and an exit handler cannot suspend: 5 s at most.
            for _ in 1...500 where kill(process, 0) == 0 { usleep(10_000) }
        }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
