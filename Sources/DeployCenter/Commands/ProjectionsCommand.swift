import Application
import ArgumentParser
import EventSourcing
import PostgresProjections

/// Looks after the views: how they are doing, built anew, compared with the log.
struct ProjectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projections", abstract: "List, rebuild, restore and verify the views.",
        subcommands: [List.self, Rebuild.self, Restore.self, Verify.self], defaultSubcommand: List.self)

    /// Shows every view.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show each view's state, position and lag.")

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let statuses = try await session.projections.list()
                guard !json else { return session.terminal.line(try JSONOutput.text(try JSONOutput.value(statuses))) }
                session.terminal.table(
                    ["VIEW", "STATE", "POSITION", "LAG", "DEFINITION", "FAILURE"],
                    statuses.map { status in
                        [
                            status.view, status.state.rawValue, "\(status.position)", "\(status.lag)",
                            status.definitionChanged ? "changed: rebuild" : String(status.digest.prefix(8)),
                            status.failure ?? "",
                        ]
                    })
            }
        }
    }

    /// Builds a view anew.
    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build a view anew beside the one that is served, then swap them.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.projections.rebuild(view)
                session.terminal.line("\(view) is rebuilt up to position \(status.position).")
            }
        }
    }

    /// Goes back to the previous generation of a view.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve a view's previous generation again.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.projections.restore(view)
                session.terminal.line("\(view) is served by its previous generation, at position \(status.position).")
            }
        }
    }

    /// Compares a view with the log.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fold the whole log once more and compare every row with what is served.")

        @Argument var view: String

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let result = try await session.projections.verify(view)
                if json {
                    session.terminal.line(try JSONOutput.text(try JSONOutput.value(result)))
                } else if result.isEqual {
                    session.terminal.line("\(view) is what its events say, up to position \(result.position).")
                } else {
                    session.terminal.line("\(view) differs from its events in \(result.differenceCount) rows:")
                    for difference in result.differences {
                        session.terminal.line("  \(difference.side.rawValue)  \(difference.table)  \(difference.row)")
                    }
                }
                if !result.isEqual { throw ExitCode(1) }
            }
        }
    }
}
