import ArgumentParser
import EventSourcing
import Foundation
import HTTPClient

/// Looks at the work that goes on by itself, and takes a hand in it, through a running server.
struct EffectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "effects",
        abstract: "Show what is being done for deployments; retry, skip or cancel it.",
        subcommands: [List.self, Show.self, Retry.self, Skip.self, Cancel.self, Systems.self],
        defaultSubcommand: List.self)

    /// Lists what waits and what is under way.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List effects, and deployments that are parked.")

        @OptionGroup var server: ServerOptions
        @Option(help: "Only of this deployment.") var deployment: String?
        @Option(help: "Only for this system, such as argocd.") var system: String?
        @Option(help: "Only for this customer.") var customer: String?
        @Option(help: "Only in this state: scheduled, due, held, working, parked or ended.") var state: String?
        @Option(help: "At most so many.") var limit = 50
        @Flag(help: "For machines.") var json = false

        func run() async throws {
            let filters = [("deployment", deployment), ("system", system), ("customer", customer), ("state", state)]
            let query = filters.compactMap { name, value in value.map { (name: name, value: $0) } }
            try await server.run { client, terminal in
                let answer = try await client.get(["effects"], query: query + [("limit", "\(limit)")])
                guard !json else { return terminal.line(try JSONOutput.text(answer)) }
                terminal.table(
                    ["EFFECT", "WORK", "STATE", "CIRCUIT", "DUE", "FAILED", ""],
                    (answer["items"]?.array ?? []).map { row in
                        [
                            row.text("id"), row.work, row.text("state"), row.text("circuit"), row.text("dueAt"),
                            "\(row["failures"]?.integer ?? 0)", row.text("reason"),
                        ]
                    })
                for parked in answer["parked"]?.array ?? [] {
                    terminal.line(
                        "parked: \(parked.text("stream")) from its event \(parked["version"]?.integer ?? 0) on: \(parked.text("reason"))"
                    )
                }
            }
        }
    }

    /// Tells one effect's story.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the event, what was decided upon it, and every attempt.")

        @OptionGroup var server: ServerOptions
        @Argument(help: "The effect, such as deployment-acme-shop-production/1/0.") var effect: String
        @Flag(help: "For machines.") var json = false

        func run() async throws {
            try await server.run { client, terminal in
                let story = try await client.get(["effects", effect])
                guard !json else { return terminal.line(try JSONOutput.text(story)) }
                if let event = story["event"] { terminal.line("event     \(event.happening)") }
                for row in story["decision"]?.array ?? [] {
                    let mark = row["id"]?.string == effect ? "→" : " "
                    terminal.line("decided \(mark) \(row.text("id"))  \(row.work)  \(row.text("state"))")
                }
                for attempt in story["attempts"]?.array ?? [] { terminal.line("          \(attempt.happening)") }
                if let row = story["effect"] {
                    let reason = row.text("reason")
                    terminal.line(
                        "now       \(row.text("state")), due \(row.text("dueAt")), failed \(row["failures"]?.integer ?? 0) times"
                            + (reason.isEmpty ? "" : ": \(reason)"))
                }
            }
        }
    }

    /// What the three ways to take a hand share.
    struct Hand: ParsableArguments {
        @OptionGroup var server: ServerOptions
        @Argument(help: "The effect, such as deployment-acme-shop-production/1/0.") var effect: String
        @Option(help: "Why, for the log and for those who ask later.") var reason: String

        func take(_ verb: String, done: String) async throws {
            try await server.run { client, terminal in
                try await client.post(["effects", effect, verb], ["reason": .string(reason)])
                terminal.line("\(effect) \(done).")
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Try it again now, as if it had not failed, whatever its circuit says; or a parked deployment, by its stream."
        )
        @OptionGroup var hand: Hand
        func run() async throws { try await hand.take("retry", done: "is tried again") }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on as if a removal were done: you answer for it. A timer just ends.")
        @OptionGroup var hand: Hand
        func run() async throws { try await hand.take("skip", done: "is skipped") }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give it up as failed: what the release made is taken back.")
        @OptionGroup var hand: Hand
        func run() async throws { try await hand.take("cancel", done: "is given up") }
    }

    /// Shows the circuits.
    struct Systems: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show how the outside systems are.")

        @OptionGroup var server: ServerOptions
        @Flag(help: "For machines.") var json = false

        func run() async throws {
            try await server.run { client, terminal in
                let answer = try await client.get(["systems"])
                guard !json else { return terminal.line(try JSONOutput.text(answer)) }
                terminal.table(
                    ["CIRCUIT", "STATE", "WORKING", "WAITING", "NEXT PROBE", "SPARED UNTIL", ""],
                    (answer["items"]?.array ?? []).map { row in
                        [
                            row.text("circuit"), row.text("state"), "\(row["working"]?.integer ?? 0)",
                            "\(row["waiting"]?.integer ?? 0)", row.text("probeAt"), row.text("throttledUntil"),
                            row.text("reason"),
                        ]
                    })
            }
        }
    }
}

extension JSONValue {
    fileprivate func text(_ member: String) -> String { self[member]?.string ?? "" }

    /// A row's work in words.
    fileprivate var work: String {
        [self["work"]?["kind"]?.string, self["work"]?["step"]?.string].compactMap { $0 }.joined(separator: " ")
    }

    fileprivate var happening: String {
        let attempt = self["attempt"]?.integer.map { " (attempt \($0))" } ?? ""
        let reason = self["reason"]?.string.map { ": \($0)" } ?? ""
        return "\(text("at"))  \(text("type"))\(attempt) by \(text("actor"))\(reason)"
    }
}
