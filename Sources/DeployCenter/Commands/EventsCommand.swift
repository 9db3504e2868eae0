import Application
import ArgumentParser
import Domain
import EventSourcing
import Foundation
import PostgresEventStore

/// Looks into the log: browse it, follow it, replay it with the states that it made, or check that this build can read it.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Browse, follow, replay and check the events in the database.",
        subcommands: [Browse.self, Follow.self, Replay.self, Check.self], defaultSubcommand: Browse.self)

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

    /// Tells a story.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replay a stream, or all of a customer's, with the state after each event and what changed.")

        @Argument(help: "The stream, such as deployment-acme-shop-production.")
        var stream: String?

        @Option(help: "Everything of this customer: itself, its deployments and their names.")
        var customer: String?

        @Flag(help: "The last event first.")
        var backward = false

        @Option(help: "The story up to here: a position of the log, or a time such as 2026-11-23T03:40:00Z.")
        var asOf: Moment?

        @Flag(help: "One JSON object a line.")
        var json = false

        func validate() throws { _ = try subject() }

        private func subject() throws -> ReplaySubject {
            switch (stream, customer) {
            case (let text?, nil):
                guard let name = StreamName(text) else {
                    throw ValidationError("\(text) is not a stream: give category-id.")
                }
                return .stream(name)
            case (nil, let customer?): return .customer(ID(customer))
            default: throw ValidationError("give a stream, or --customer.")
            }
        }

        func run() async throws {
            let subject = try subject()
            try await DatabaseSession.run { session in
                try await session.replay.run(subject, backward ? .backward : .forward, asOf: asOf) { entry in
                    if json {
                        session.terminal.line(try JSONOutput.text(try JSONOutput.value(entry)))
                    } else {
                        try EventLine(entry).write(to: session.terminal)
                    }
                }
            }
        }
    }

    /// Tries to read the log.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell whether this build can read every type and version of the log, before it is deployed.",
            discussion: "Samples of each are read; with --all every event. Ends with 1 if anything cannot be read.")

        @Flag(help: "Read every event.")
        var all = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let line = ProgressLine(terminal: session.terminal, isQuiet: false)
                let check = LogCheck(store: session.store)
                let report =
                    try await all
                    ? check.all { line.show(done: $0, total: $1, perSecond: 0) } : check.sample()
                line.end()
                session.terminal.table(
                    ["TYPE", "VERSION", "READ", ""],
                    report.types.map { type in
                        [
                            "\(type.stored.type)", "\(type.stored.schemaVersion)", "\(type.eventsRead)",
                            type.problem.map { "event \($0.position): \($0.error)" } ?? "ok",
                        ]
                    })
                if report.archivedUpTo > .start {
                    session.terminal.aside(
                        "Events up to position \(report.archivedUpTo) are archived and were not read.")
                }
                if !report.isReadable { throw ExitCode(1) }
            }
        }
    }
}

/// One event as a person or a machine reads it.
struct EventLine {
    private let head: String
    private let payload: JSONValue
    private let after: [String]
    private let json: JSONValue

    init(_ event: RecordedEvent) throws {
        payload = try JSONText.decode(JSONValue.self, from: event.payload)
        head = Self.head(
            event.position, event.recordedAt, "\(event.stream)@\(event.streamVersion)", event.type.rawValue,
            event.metadata)
        after = []
        json = .object([
            "position": .integer(event.position.rawValue), "stream": .string(event.stream.description),
            "streamVersion": .integer(Int64(event.streamVersion)), "id": .string(event.id.rawValue),
            "type": .string(event.type.rawValue), "schemaVersion": .integer(Int64(event.schemaVersion)),
            "recordedAt": .string(event.recordedAt.description), "metadata": try JSONOutput.value(event.metadata),
            "payload": payload,
        ])
    }

    init(_ entry: ReplayEntry) throws {
        payload = entry.payload
        head = Self.head(
            entry.position, entry.recordedAt, "\(entry.stream)@\(entry.streamVersion)", entry.type, entry.metadata)
        after = try entry.changes.map { change in
            func shown(_ value: JSONValue?) throws -> String { try value.map { try JSONOutput.text($0) } ?? "nothing" }
            return "\(change.path): \(try shown(change.before)) → \(try shown(change.after))"
        }
        json = try JSONOutput.value(entry)
    }

    private static func head(
        _ position: Position, _ recordedAt: Timestamp, _ place: String, _ type: String, _ metadata: EventMetadata
    ) -> String {
        "\(String(position.rawValue).padding(to: 7))\(recordedAt)  \(place)  \(type)  \(metadata.actorName ?? metadata.actor)"
    }

    func write(json isJSON: Bool = false, to terminal: Terminal) throws {
        guard !isJSON else { return terminal.line(try JSONOutput.text(json)) }
        terminal.line(terminal.styled(head, .bold))
        terminal.line(terminal.styled("       " + String(try JSONOutput.text(payload).prefix(2000)), .grey))
        for line in after { terminal.line("       " + line) }
    }
}
