import Application
import ArgumentParser
import PostgresProjections

/// Looks after everything that follows the log: the views and the process managers.
struct SubscriptionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscriptions", abstract: "Show who follows the log, and let one that stands still try again.",
        subcommands: [List.self, Retry.self], defaultSubcommand: List.self)

    /// Shows every follower.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show each follower's position, lag and holder.")

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let statuses = try await session.subscriptions.subscriptions()
                guard !json else { return session.terminal.line(try JSONOutput.text(try JSONOutput.value(statuses))) }
                session.terminal.table(
                    ["SUBSCRIPTION", "STATE", "POSITION", "LAG", "HOLDER", ""],
                    statuses.map { status in
                        [
                            status.name, status.state.rawValue, "\(status.position)", "\(status.lag)",
                            // Every server reacts for a process; the first to move its checkpoint has done it.
                            status.holder ?? (status.kind == .process ? "every server" : ""),
                            status.failure.map { failure in
                                (failure.position.map { "at event \($0): " } ?? "") + failure.reason
                            } ?? "",
                        ]
                    })
            }
        }
    }

    /// Lets one go on.
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a subscription that stands still try again, once what stopped it is mended.")

        @Argument(help: "projection:<view> or process:<name>.")
        var name: String

        func run() async throws {
            try await DatabaseSession.run { session in
                try await session.subscriptions.retry(name)
                session.terminal.line("\(name) tries again.")
            }
        }
    }
}
