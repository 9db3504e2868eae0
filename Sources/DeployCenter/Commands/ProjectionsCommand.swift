import Application
import ArgumentParser
import EventSourcing
import PostgresProjections

/// Looks after the views: how they are doing, built anew beside what is served, compared with the log, swapped and brought back.
struct ProjectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projections",
        abstract: "List, rebuild, verify and swap the views while everyone goes on reading.",
        subcommands: [
            List.self, Rebuild.self, Verify.self, Swap.self, Back.self, DropOld.self, Retry.self, Check.self,
        ], defaultSubcommand: List.self)

    /// Shows every view.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show each view's state, position, lag and speed.")

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let statuses = try await session.projections.list()
                guard !json else { return session.terminal.line(try JSONOutput.text(try JSONOutput.value(statuses))) }
                session.terminal.table(
                    ["VIEW", "STATE", "GENERATION", "POSITION", "LAG", "EVENTS/S", "DEFINITION", ""],
                    statuses.map { status in
                        [
                            status.view, status.state.rawValue, status.generation.map { "\($0)" } ?? "",
                            "\(status.position)",
                            "\(status.lag)", status.eventsPerSecond.map { "\(Int($0))" } ?? "",
                            status.definitionChanged ? "changed: rebuild" : String(status.digest.prefix(8)),
                            status.failure.map { "\($0)" } ?? status.building.map { $0.summary } ?? "",
                        ]
                    })
            }
        }
    }

    /// Builds a view anew.
    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build a view anew beside the one that is served, then swap them.",
            discussion: "Killed, it goes on where it was when it is run again.")

        @Argument(help: "The view; none with --changed.")
        var view: String?

        @Flag(help: "Every view whose definition is another one than the served rows were made by.")
        var changed = false

        @Flag(help: "Do not swap: wait for projections swap.")
        var hold = false

        @Option(help: "Leave the database to others: at most so many events a second.")
        var eventsPerSecond: Int64?

        func validate() throws {
            guard (view == nil) == changed else { throw ValidationError("give a view, or --changed.") }
            if let eventsPerSecond, eventsPerSecond <= 0 {
                throw ValidationError("--events-per-second must be positive.")
            }
        }

        func run() async throws {
            try await DatabaseSession.run { session in
                let options = RebuildOptions(eventsPerSecondMax: eventsPerSecond, hold: hold)
                let administration = try session.projections
                guard let view else {
                    let rebuilt = try await administration.rebuildChanged(options)
                    for status in rebuilt { Self.tell(status, hold: hold, to: session.terminal) }
                    if rebuilt.isEmpty { session.terminal.line("every view is served by its definition.") }
                    return
                }
                let line = ProgressLine(terminal: session.terminal, isQuiet: false)
                let status = try await withThrowingTaskGroup(of: ProjectionStatus?.self) { group in
                    defer { group.cancelAll() }
                    group.addTask { try await administration.rebuild(view, options) }
                    group.addTask {
                        // Until the rebuild is registered there is nothing to follow.
                        while !Task.isCancelled {
                            for try await progress in administration.progress(of: view) where !progress.phase.isOver {
                                line.show(
                                    done: progress.done, total: progress.total,
                                    perSecond: progress.eventsPerSecond ?? 0,
                                    note: progress.phase.rawValue)
                            }
                            try await ContinuousClock().sleep(for: .milliseconds(200))
                        }
                        return nil
                    }
                    return try await group.next() ?? nil
                }
                line.end()
                if let status { Self.tell(status, hold: hold, to: session.terminal) }
            }
        }

        private static func tell(_ status: ProjectionStatus, hold: Bool, to terminal: Terminal) {
            terminal.line(
                hold
                    ? "\(status.view) is rebuilt and held: deploycenter projections swap \(status.view)"
                    : "\(status.view) is rebuilt up to position \(status.position).")
        }
    }

    /// Serves what a held rebuild made.
    struct Swap: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve the generation that a held rebuild made.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.projections.swap(view)
                session.terminal.line("\(view) is served by its new generation, at position \(status.position).")
            }
        }
    }

    /// Goes back to the previous generation of a view.
    struct Back: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Serve a view's previous generation again.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.projections.back(view)
                session.terminal.line("\(view) is served by its previous generation, at position \(status.position).")
            }
        }
    }

    /// Makes room.
    struct DropOld: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop what is not served, the way back and an unfinished rebuild included.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let count = try await session.projections.dropOld(view)
                session.terminal.line("\(count) generations of \(view) were dropped.")
            }
        }
    }

    /// Lets a view go on.
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a view that stands still try again.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.projections.retry(view)
                session.terminal.line("\(view) tries again after position \(status.position).")
            }
        }
    }

    /// Tries a definition.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a view's definition on disk without leaving anything behind.")

        @Argument var view: String

        func run() async throws {
            try await DatabaseSession.run { session in
                try await session.projections.check(view)
                session.terminal.line("\(view) compiles.")
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

extension RebuildProgress {
    fileprivate var summary: String {
        "rebuild: \(phase.rawValue), \(done) of \(total)\(secondsLeft.map { ", \(Int($0)) s left" } ?? "")"
    }
}
