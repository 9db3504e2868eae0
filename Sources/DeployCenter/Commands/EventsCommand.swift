import Application
import ArgumentParser
import Domain
import EventSourcing
import Foundation
import PostgresEventStore

/// Looks into the log: browse it, follow it, or replay one stream with its state after each event.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Browse, follow and replay the events in the database.",
        subcommands: [Browse.self, Follow.self, Replay.self], defaultSubcommand: Browse.self)

    /// Options that every way of looking shares.
    struct Look: ParsableArguments {
        @Option(help: "Only events after this position.")
        var after: Int64 = 0

        @Option(help: "Only this category, such as deployment; may be given several times.")
        var category: [String] = []

        @Flag(help: "One JSON object a line.")
        var json = false
    }

    /// Shows what is there.
    struct Browse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show events in the order of the log.")

        @OptionGroup var look: Look

        @Option(help: "At most so many.")
        var limit = 50

        func run() async throws {
            try await DatabaseSession.run { session in
                let events = try await session.store.events(
                    after: Position(look.after), categories: look.category, limit: limit)
                for event in events { try EventLine(event).write(json: look.json, to: session.terminal) }
            }
        }
    }

    /// Shows what comes.
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show events as they happen, until Ctrl-C.")

        @OptionGroup var look: Look

        func run() async throws {
            try await DatabaseSession.run { session in
                var last = Position(look.after)
                if look.after == 0 { last = try await session.store.head() }
                let pulse = Pulse()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await pulse.drive(by: session.store.wakeUps(), every: .seconds(1)) }
                    for await _ in pulse.beats {
                        let events = try await session.store.events(
                            after: last, categories: look.category, limit: 1000)
                        for event in events { try EventLine(event).write(json: look.json, to: session.terminal) }
                        last = events.last?.position ?? last
                        if events.count == 1000 { pulse.now() }
                    }
                    group.cancelAll()
                }
            }
        }
    }

    /// Tells one stream's story.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replay one stream with its state after each event.")

        @Argument(help: "The stream, such as deployment-acme-shop-production.")
        var stream: String

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            guard let name = StreamName(stream) else {
                throw ValidationError("\(stream) is not a stream: give category-id.")
            }
            try await DatabaseSession.run { session in
                let history = try await session.store.events(of: name, from: 1)
                guard !history.isEmpty else { throw ValidationError("there is no stream \(stream).") }
                let states = try StreamReplay.states(of: name, history)
                for (event, state) in zip(history, states) {
                    try EventLine(event).write(json: json, to: session.terminal, state: state)
                }
            }
        }
    }
}

/// One event as a person or a machine reads it.
struct EventLine {
    let event: RecordedEvent

    init(_ event: RecordedEvent) { self.event = event }

    func write(json: Bool, to terminal: Terminal, state: String? = nil) throws {
        guard json else {
            let who = event.metadata.actorName ?? event.metadata.actor
            terminal.line(
                "\(String(event.position.rawValue).padding(to: 7))\(event.recordedAt)  "
                    + "\(terminal.styled("\(event.stream)@\(event.streamVersion)", .blue))  "
                    + "\(terminal.styled(event.type.rawValue, .bold))  \(who)")
            terminal.line(terminal.styled("       " + String(event.payload.prefix(2000)), .grey))
            if let state { terminal.line("       → \(state)") }
            return
        }
        var members: [String: JSONValue] = [
            "position": .integer(event.position.rawValue), "stream": .string(event.stream.description),
            "streamVersion": .integer(Int64(event.streamVersion)), "id": .string(event.id.rawValue),
            "type": .string(event.type.rawValue), "schemaVersion": .integer(Int64(event.schemaVersion)),
            "recordedAt": .string(event.recordedAt.description), "metadata": try JSONOutput.value(event.metadata),
            "payload": try JSONText.decode(JSONValue.self, from: event.payload),
        ]
        if let state { members["state"] = .string(state) }
        terminal.line(try JSONOutput.text(.object(members)))
    }
}

/// The states that a stream went through.
enum StreamReplay {
    static func states(of stream: StreamName, _ history: [RecordedEvent]) throws -> [String] {
        switch stream.category {
        case "customer":
            try states(Customer.self, history) { state in
                switch state {
                case .unknown: "unknown"
                case .active(let details, let route):
                    "active: \(details.name), routed to \(route?.rawValue ?? "no cluster")"
                case .suspended(let details, _): "suspended: \(details.name)"
                case .removed: "removed"
                }
            }
        case "cluster":
            try states(Cluster.self, history) { state in
                switch state {
                case .unknown: "unknown"
                case .open(let description): "open: \(description.destination) in \(description.region)"
                case .cordoned(let description): "cordoned: \(description.destination) in \(description.region)"
                case .retired: "retired"
                }
            }
        case "template":
            try states(Template.self, history) { state in
                state.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.standing)" }
                    .joined(separator: ", ")
            }
        case "domainname":
            try states(DomainName.self, history) { state in
                if case .held(let holder) = state { "held by \(holder)" } else { "free" }
            }
        case "deployment":
            try states(Deployment.self, history) { state in
                let steps = state.plannedSteps.map { step in
                    "\(step.rawValue) \(state.run.undos[step].map { "undo \($0)" } ?? state.run.steps[step].map { "\($0)" } ?? "waiting")"
                }
                return
                    "\(state.phase), release \(state.run.number), live \(state.liveRelease.map(String.init) ?? "none"): "
                    + steps.joined(separator: ", ")
            }
        default: history.map { _ in "no state is known for the category \(stream.category)" }
        }
    }

    private static func states<D: Decider>(
        _ decider: D.Type, _ history: [RecordedEvent], _ shown: (D.State) -> String
    ) throws -> [String] {
        var state = D.initialState
        return try history.map { recorded in
            D.evolve(&state, with: try D.Event(recorded))
            return shown(state)
        }
    }
}
