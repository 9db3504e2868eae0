import Application
import ArgumentParser
import EventSourcing
import Foundation
import Logging
import Postgres
import PostgresEventStore

/// Looks after the log as a store: its order, its partitions, its archives.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Prove the log's order, and let its old parts go to files.",
        subcommands: [VerifyOrder.self])

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

        @Flag(help: "DATABASE_URL leads through a pooler that keeps no prepared statements.")
        var unprepared = false

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let database = try DatabaseConfiguration(environment)
            var configuration = database.postgres
            configuration.poolSize = writers + 2
            if unprepared { configuration.preparedStatementsMax = 0 }
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
