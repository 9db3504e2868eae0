import Application
import ArgumentParser
import Cryptography
import Domain
import EventSourcing
import PostgresEventStore
import TransparencyLog

/// Looks after the keys: of personal data, and of the log's checkpoints.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make keys, and wrap the keys of personal data with a new master key.",
        subcommands: [New.self, Rotate.self, Status.self], defaultSubcommand: Status.self)

    /// Makes keys for a new installation, or to rotate to.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a master key and a key for the log, as settings; the log's public key goes aside.")

        @Option(help: "The log's name in its checkpoints: a host name of yours, with a path if you like.")
        var name: String

        func run() throws {
            let signer = try NoteSigningKey.generate(name: name)
            let terminal = Terminal(environment: [:])
            terminal.line("\(Setting.masterKey.key)=\(SecureRandom.bytes(AES256GCM.keyByteCount).base64)")
            terminal.line("\(Setting.logKey.key)=\(signer.secretText)")
            terminal.aside("The log's public key, for auditors: \(signer.verifierKey)")
        }
    }

    /// Wraps every key anew.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wrap every key of personal data with the current master key; no event changes.",
            discussion: """
                Set the new key as \(Setting.masterKey.key) and the old one in \(Setting.previousMasterKeys.key), restart the servers, \
                run this, and take the old one out. An interrupted run goes on where it was.
                """)

        func run() async throws {
            try await DatabaseSession.run { session in
                let terminal = session.terminal
                let result = try await session.vault.rotate { step in
                    terminal.aside("\(step.rotatedCount) of \(step.totalCount) keys")
                }
                terminal.line("\(result.rotatedCount) keys are wrapped with master key \(result.masterKey).")
                for key in result.damagedKeys { terminal.line(terminal.styled("damaged and left: \(key)", .red)) }
                if !result.damagedKeys.isEmpty { throw ExitCode(1) }
            }
        }
    }

    /// Shows which master keys are in use.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which master keys wrap how many keys.")

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let status = try await session.vault.status()
                guard !json else { return session.terminal.line(try JSONOutput.text(try JSONOutput.value(status))) }
                session.terminal.table(
                    ["MASTER KEY", "KEYS", ""],
                    Set(status.knownMasterKeys).union(status.keyCounts.keys).sorted().map { key in
                        [
                            key, "\(status.keyCounts[key] ?? 0)",
                            key == status.currentMasterKey
                                ? "current" : status.knownMasterKeys.contains(key) ? "previous" : "not configured",
                        ]
                    })
                session.terminal.line("\(status.destroyedCount) keys were destroyed.")
            }
        }
    }
}

/// Erases what is known about a person.
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Destroy the key of somebody's personal data: it shows as erased everywhere, for ever.",
        discussion: """
            A subject is customer:<id> (the contact of a customer) or actor:<subject at the identity provider>. It asks at the terminal \
            before it does so; where there is none, as in scripts, --yes must say so.
            """)

    @Argument(help: "Whom to forget.")
    var subject: String

    @Option(help: "Why, for the log; without the person's name.")
    var reason: String

    @Flag(help: "Do not ask; needed where standard input is no terminal.")
    var yes = false

    func run() async throws {
        try await DatabaseSession.run { session in
            let subject = ID<DataSubject>(subject)
            if !yes {
                guard Terminal.canAsk else {
                    throw Failure("nothing was done: there is no terminal to ask at; say --yes.")
                }
                session.terminal.aside("This cannot be undone. Type \(subject) to go on:")
                guard readLine() == subject.rawValue else {
                    throw Failure("nothing was done: what was typed is not \(subject).")
                }
            }
            let done = try await session.commands.forget(
                subject, reason: reason, keeper: session.vault, session.commandContext())
            session.terminal.line(
                done.destroyedKeys.isEmpty
                    ? "\(subject) was forgotten before."
                    : "\(subject) is forgotten, at position \(done.receipt.position).")
        }
    }
}
