import Application
import ArgumentParser
import EventSourcing
import Foundation
import Logging
import Postgres
import PostgresArchives
import PostgresEventStore

/// Looks after the log as a store: its order, its partitions, its archives.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Prove the log's order, and let its old parts go to files.",
        subcommands: [VerifyOrder.self, Archives.self, Archive.self, Restore.self])

    /// Proves that readers miss nothing.
    struct VerifyOrder: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify-order",
            abstract:
                "Let writers with delayed commits and rollbacks race a reader, in a scratch schema of the configured Postgres.",
            discussion: """
                Ends with 1 unless everything that was committed was seen, in the order of the commits. Works through a transaction \
                pooler, if DATABASE_URL leads through one. With --plain-sequence positions come from a sequence, as in many event \
                stores: that shows what this finds.
                """)

        @Option(help: "Writers at a time.")
        var writers = 16

        @Option(help: "Transactions in all.")
        var transactions = 2000

        @Option(help: "Seconds at most.")
        var seconds = 60

        @Option(help: "Gives the same delays and rollbacks again.")
        var seed: UInt64?

        @Flag(help: "Number by a plain sequence instead of the log's own lock.")
        var plainSequence = false

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let database = try DatabaseConfiguration(environment)
            var configuration = database.postgres
            configuration.poolSize = writers + 2
            let pool = PostgresPool(configuration: configuration, logger: Logs.logger(.error))
            var settings = OrderVerifier.Settings(
                seed: seed ?? UInt64.random(in: .min ... .max), numbering: plainSequence ? .plainSequence : .log)
            settings.writers = writers
            settings.transactions = transactions
            settings.limit = .seconds(seconds)
            let outcome = await Result {
                try await OrderVerifier(pool: pool, migrations: database.home.migrations).verify(settings)
            }
            await pool.close()
            let report = try outcome.get()
            let terminal = Terminal(environment: environment)
            if json {
                terminal.line(try JSONOutput.text(report.json))
            } else {
                tell(report, to: terminal)
            }
            if !report.isProven { throw ExitCode(1) }
        }

        private func tell(_ report: OrderReport, to terminal: Terminal) {
            terminal.line(
                "\(report.writers) writers, seed \(report.seed): \(report.committed) events committed, \(report.rolledBack) transactions "
                    + "rolled back, in \((report.durationSeconds * 10).rounded() / 10) s")
            terminal.line(
                "seen \(report.seen), missed \(report.missed), out of commit order \(report.outOfCommitOrder)")
            terminal.line(
                report.isProven
                    ? terminal.styled("Seen is committed, and order is commit order.", .green)
                    : terminal.styled("Readers of this log miss events or see them out of order.", .red))
        }
    }
}

extension OrderReport {
    fileprivate var json: JSONValue {
        [
            "writers": .integer(Int64(writers)), "seed": .string(String(seed)), "seconds": .number(durationSeconds),
            "committed": .integer(Int64(committed)), "rolledBack": .integer(Int64(rolledBack)),
            "seen": .integer(Int64(seen)), "missed": .integer(Int64(missed)), "unexpected": .integer(Int64(unexpected)),
            "isGapless": .bool(isGapless), "outOfCommitOrder": .integer(Int64(outOfCommitOrder)),
            "isProven": .bool(isProven),
        ]
    }
}

extension StoreCommand {
    /// Shows what is in files.
    struct Archives: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what has been archived, and what could be next.")

        func run() async throws {
            try await ArchiveSession.run { archive, terminal in
                for range in try await archive.archives() {
                    terminal.line("positions \(range.first) to \(range.last)  \(range.file)")
                }
                if let next = try await archive.next() {
                    terminal.line(
                        "positions \(next.first) to \(next.last) could be archived: deploycenter store archive")
                }
            }
        }
    }

    /// Lets the oldest part go.
    struct Archive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Take the oldest full partition of the log out of the database into a compressed file with its proof.",
            discussion: """
                The file is verified before anything leaves the database. Replays, proofs, bundles and audit verify read it where \
                \(Setting.archives.key) says it lies; commands on a stream whose beginning is archived are refused until it is restored. \
                Views go on being served and followed, but none can be rebuilt, and no moment of the past built, until every archive is \
                restored: deploycenter store restore, once for each file.
                """)

        @Flag(help: "Also where streams in it have later events.")
        var includingLivingStreams = false

        @Flag(help: "Also where no signed checkpoint covers it yet.")
        var unproven = false

        @Flag(help: "Drop the detached table; otherwise it stays under its name, outside of the log.")
        var drop = false

        func run() async throws {
            try await ArchiveSession.run { archive, terminal in
                let line = ProgressLine(terminal: terminal, isQuiet: false)
                let report = try await archive.archive(
                    .init(includesLivingStreams: includingLivingStreams, allowsUnproven: unproven, dropsTable: drop)
                ) { line.show(done: $0, total: $1, perSecond: 0) }
                line.end()
                terminal.line(
                    "\(report.eventCount) events of \(report.streamCount) streams, positions \(report.range.first) to "
                        + "\(report.range.last), are in \(report.range.file) (\(report.byteCount) bytes).")
            }
        }
    }

    /// Brings the last archived part back.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the last archived part back into the log, verified first; the file stays.")

        func run() async throws {
            try await ArchiveSession.run { archive, terminal in
                let line = ProgressLine(terminal: terminal, isQuiet: false)
                let range = try await archive.restore { line.show(done: $0, total: $1, perSecond: 0) }
                line.end()
                terminal.line("positions \(range.first) to \(range.last) are in the log again.")
            }
        }
    }
}

/// The configured database and archive folder.
private enum ArchiveSession {
    static func run(_ body: (EventArchive, Terminal) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        var settings = Settings(environment)
        let database = DatabaseConfiguration(&settings)
        let folder = settings.text(.archives)
        if folder == nil { settings.complain(.archives, "is missing (\(Setting.archives.purpose)): set it") }
        guard settings.problems.isEmpty, let folder else { throw ConfigurationProblems(problems: settings.problems) }
        let archive = EventArchive(configuration: database.postgres, folder: folder)
        let outcome = await Result { try await body(archive, Terminal(environment: environment)) }
        await archive.close()
        try outcome.get()
    }
}
