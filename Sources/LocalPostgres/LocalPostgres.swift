import FoundationEssentials
import Glibc

/// A private Postgres server of this machine's own programs, on loopback, for the sandbox and for tests.
///
/// `directory` holds the data, the log and the password of the superuser `postgres`; starting again reuses them.
package struct LocalPostgres: Sendable {
    package let directory: String
    package let port: Int
    /// False gives up safety against power cuts for speed: for data that nobody will miss.
    package let durable: Bool
    private let settings: [String: String]

    package enum ShutdownMode: String, Sendable {
        /// Sessions are ended, transactions rolled back, data written.
        case fast
        /// As if the machine lost its power.
        case immediate
    }

    /// `port` nil takes a free one. `settings` go to `postgresql.conf` and win over ours.
    package init(
        directory: String, port: Int? = nil, durable: Bool = true, settings: [String: String] = [:]
    ) throws(LocalPostgresError) {
        self.directory = directory
        if let port { self.port = port } else { self.port = try LoopbackPort.free().number }
        self.durable = durable
        self.settings = settings
    }

    private var data: String { directory + "/data" }
    /// Where a cluster grows until it is whole: what is left here comes from a creation that was interrupted.
    private var unfinishedData: String { data + ".new" }
    private var log: String { directory + "/server.log" }
    private var passwordFile: String { directory + "/password" }

    /// Creates the cluster if there is none, starts the server unless it runs already, and answers with the superuser's
    /// connection string.
    package func start() async throws(LocalPostgresError) -> String {
        let programs = try ServerPrograms.find()
        if !exists(data + "/PG_VERSION") { try await create(with: programs) }
        let running = PostmasterFile(data: data)
        if let running, running.isAlive(data: data) { return try url(port: running.port) }
        if running != nil { try? FileManager.default.removeItem(atPath: data + "/postmaster.pid") }  // A dead server's.
        guard LoopbackPort(port).isFree else { throw .portInUse(port) }
        try write(configuration, to: data + "/postgresql.conf", for: programs.account)
        let started = try await programs.run("pg_ctl", ["-D", data, "-w", "-t", "60", "-l", log, "start"])
        guard started.succeeded else { throw failureToStart() }
        return try url(port: port)
    }

    /// Stops the server; one that does not run is stopped already.
    package func stop(_ mode: ShutdownMode = .fast) async throws(LocalPostgresError) {
        guard let running = PostmasterFile(data: data), running.isAlive(data: data) else { return }
        let programs = try ServerPrograms.find()
        let stopped = try await programs.run("pg_ctl", ["-D", data, "-w", "-m", mode.rawValue, "stop"])
        guard stopped.succeeded else { throw .failed(what: "Stopping PostgreSQL", why: stopped.output) }
    }

    /// Answers with the connection string, as `start` does.
    @discardableResult
    package func restart(_ mode: ShutdownMode = .fast) async throws(LocalPostgresError) -> String {
        try await stop(mode)
        return try await start()
    }

    /// The process that runs on this directory's data, if any.
    package static func serverProcess(of directory: String) -> Int32? {
        guard let file = PostmasterFile(data: directory + "/data"), file.isAlive(data: directory + "/data") else {
            return nil
        }
        return file.process
    }

    private func url(port: Int) throws(LocalPostgresError) -> String {
        // Missing or not ours to read: the answer names the file either way.
        guard let password = try? String(contentsOfFile: passwordFile, encoding: .utf8) else {
            throw .failed(what: "Reading \(passwordFile)", why: "it is missing or unreadable")
        }
        return "postgres://postgres:\(password)@127.0.0.1:\(port)/postgres"
    }

    private func create(with programs: ServerPrograms) async throws(LocalPostgresError) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .failed(what: "Creating \(directory)", why: "\(error)")
        }
        try programs.account?.own(directory, mode: 0o700)
        let password = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        try write(password, to: passwordFile, for: programs.account)
        try removeUnfinished()
        let options = ["-D", unfinishedData, "-U", "postgres", "-A", "scram-sha-256", "--no-locale", "-E", "UTF8"]
        let created = try await programs.run(
            "initdb", options + ["--pwfile=\(passwordFile)"] + (durable ? ["--data-checksums"] : ["--no-sync"]))
        guard created.succeeded else {
            if created.output.contains("No space left on device") { throw .diskFull(directory: directory) }
            throw .failed(what: "Creating a PostgreSQL cluster in \(directory)", why: created.output)
        }
        guard rename(unfinishedData, data) == 0 else {
            throw .failed(what: "Renaming \(unfinishedData) to \(data)", why: String(cString: strerror(errno)))
        }
    }

    private func removeUnfinished() throws(LocalPostgresError) {
        guard exists(unfinishedData) else { return }
        do {
            try FileManager.default.removeItem(atPath: unfinishedData)
        } catch {
            throw .failed(what: "Removing \(unfinishedData)", why: "\(error)")
        }
    }

    /// The whole of `postgresql.conf`. No Unix socket, whose path could become too long.
    private var configuration: String {
        var values = [
            "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": "",
            "max_connections": "200", "timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
            "password_encryption": "scram-sha-256", "max_wal_size": "512MB",
        ]
        if !durable { for key in ["fsync", "synchronous_commit", "full_page_writes"] { values[key] = "off" } }
        values.merge(settings) { _, theirs in theirs }
        return values.sorted { $0.key < $1.key }
            .map {
                "\($0.key) = '\($0.value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'\n"
            }
            .joined()
    }

    private func write(_ text: String, to path: String, for account: ServerAccount?) throws(LocalPostgresError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed(what: "Writing \(path)", why: String(cString: strerror(errno))) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw .diskFull(directory: directory) }
        try account?.own(path, mode: 0o600)
    }

    private func failureToStart() -> LocalPostgresError {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""  // No log says nothing.
        let lines = text.split(separator: "\n").suffix(8).joined(separator: "\n")
        if lines.contains("Address already in use") { return .portInUse(port) }
        if lines.contains("No space left on device") { return .diskFull(directory: directory) }
        return .notStarted(lastLogLines: lines)
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
