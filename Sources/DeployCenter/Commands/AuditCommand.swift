import Application
import ArgumentParser
import EventSourcing
import Foundation
import PostgresArchives
import PostgresTransparencyLog
import TransparencyLog

/// Proves that nobody changed the log, to people who trust neither us nor the database.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the log, take evidence along, and check evidence offline.",
        subcommands: [Verify.self, Export.self, Check.self, Status.self], defaultSubcommand: Status.self)

    /// Recomputes everything.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Recompute every hash from what is stored, and compare with what was signed here and at the witnesses.",
            discussion: """
                Ends with 1 if anything is not what was signed, and names the first bad position; with 2 if nothing was found but a witness \
                could not be asked, so that it is not decided. Needs the database and the log's public key; for the witnesses also the \
                settings of GitHub and AWS.
                """)

        @Option(help: "Connections that read side by side.")
        var connections = 2

        @Option(help: "Folder with archived parts of the log.")
        var archives: String?

        @Flag(inversion: .prefixedNo, help: "Ask the witnesses too.")
        var witnesses = true

        @Option(
            name: .shortAndLong,
            help:
                "The log's public key, name+hash+key, instead of those of the configuration; may be given several times."
        )
        var key: [String] = []

        @Flag(help: "For machines.")
        var json = false

        func validate() throws {
            guard (1...64).contains(connections) else { throw ValidationError("--connections must be from 1 to 64.") }
        }

        /// Needs no secret but the database's: the public keys suffice.
        func run() async throws {
            if let archives, !FileManager.default.fileExists(atPath: archives) {
                throw Failure("there is no folder \(archives).")
            }
            let environment = ProcessInfo.processInfo.environment
            let terminal = Terminal(environment: environment)
            let keys = try AuditedKeys.read(key, environment)
            let line = ProgressLine(terminal: terminal, isQuiet: json)
            let request = AuditVerificationRequest(
                connections: connections, archives: archives ?? environment[Setting.archives.key],
                asksWitnesses: witnesses)
            let show = { @Sendable (step: AuditProgress) in
                line.show(done: step.checked, total: step.total, perSecond: step.eventsPerSecond)
            }
            try await DatabaseSession.withPool(connections: connections + 2) { pool, _, logger in
                let result: AuditVerification
                if witnesses {
                    result = try await Witnesses.lent(environment, logger: logger) { witnesses in
                        try await PostgresAuditLog(
                            pool: pool, keys: keys, witnesses: witnesses, openArchives: ArchiveFolder.open
                        )
                        .verify(request, progress: show)
                    }
                } else {
                    result = try await PostgresAuditLog(pool: pool, keys: keys, openArchives: ArchiveFolder.open)
                        .verify(request, progress: show)
                }
                line.end()
                if json {
                    terminal.line(try JSONOutput.text(try JSONOutput.value(result)))
                } else {
                    Self.tell(result, to: terminal)
                }
                if !result.isSound { throw ExitCode(1) }
                if !result.isDecided { throw ExitCode(2) }
            }
        }

        private static func tell(_ result: AuditVerification, to terminal: Terminal) {
            let seconds = (result.seconds * 10).rounded() / 10
            terminal.line(
                "\(result.events) events in \(seconds) s; the latest checkpoint vouches for \(result.treeSize); "
                    + "\(result.checkpoints) checkpoints; root \(result.root)")
            for (witness, count) in result.witnessed.sorted(by: { $0.key < $1.key }) {
                terminal.line("\(count) checkpoints at \(witness) agree")
            }
            for (witness, reason) in result.unreachable.sorted(by: { $0.key < $1.key }) {
                terminal.line(terminal.styled("\(witness) could not be asked: \(reason)", .yellow))
            }
            guard let first = result.findings.first else {
                terminal.line(
                    result.isDecided
                        ? terminal.styled("The log is what was signed.", .green)
                        : terminal.styled(
                            "Nothing was found here, but not every witness could be asked: it is not decided.", .yellow)
                )
                return
            }
            terminal.line(
                terminal.styled("The log is NOT what was signed, first at position \(first.position):", .red))
            for finding in result.findings {
                terminal.line("  \(finding.position)  \(finding.kind.rawValue)  \(finding.detail)")
            }
        }
    }

    /// Takes evidence along.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a bundle of events, proofs and the checkpoint that they lead to.")

        @Option(help: "Everything of one deployment, such as acme-shop-production.")
        var deployment: String?

        @Option(help: "Everything of one customer.")
        var customer: String?

        @Option(help: "Everything from this position on.")
        var from: Int64?

        @Option(help: "Up to this position.")
        var to: Int64?

        @Option(name: .shortAndLong, help: "The file to write; standard output without.")
        var output: String?

        func validate() throws { _ = try selection() }

        private func selection() throws -> AuditSelection {
            switch (deployment, customer, from, to) {
            case (let deployment?, nil, nil, nil): return .deployment(deployment)
            case (nil, let customer?, nil, nil): return .customer(customer)
            case (nil, nil, let from?, let to?) where from > 0 && from <= to: return .positions(from...to)
            default:
                throw ValidationError(
                    "give one of --deployment, --customer, or --from and --to (positions, the first not after the last)."
                )
            }
        }

        func run() async throws {
            let selection = try selection()
            try await DatabaseSession.run { session in
                let bundle = try await session.auditLog.bundle(of: selection)
                guard let output else { return session.terminal.raw(bundle) }
                do {
                    try Data(bundle).write(to: URL(filePath: output), options: .atomic)
                } catch {
                    throw Failure("\(output) cannot be written: is there such a folder, and may you write there?")
                }
                session.terminal.aside(
                    "\(output): \(bundle.count) bytes. Anybody can check it: deploycenter audit check \(output) --key …"
                )
            }
        }
    }

    /// Checks evidence with nothing but the bundle and a public key.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a bundle offline, with nothing but the bundle and a public key.")

        @Argument(help: "The file that `audit export` wrote.")
        var bundle: String

        @Option(name: .shortAndLong, help: "The log's public key, name+hash+key; may be given several times.")
        var key: [String]

        func run() async throws {
            let terminal = Terminal(environment: ProcessInfo.processInfo.environment)
            let keys = try AuditedKeys.read(key, [:]).verifiers
            guard let bytes = FileManager.default.contents(atPath: bundle).map({ [UInt8]($0) }) else {
                throw Failure("\(bundle) cannot be read.")
            }
            let findings = AuditBundleCheck.findings(in: bytes, keys: keys)
            for finding in findings {
                let place = finding.position.map { "position \($0)" } ?? "line \(finding.line)"
                terminal.line("\(place): \(finding.problem.rawValue)")
            }
            guard findings.isEmpty else {
                terminal.line(terminal.styled("\(bundle) proves nothing.", .red))
                throw ExitCode(1)
            }
            terminal.line(terminal.styled("\(bundle) holds.", .green))
        }
    }

    /// Shows how far the notary is.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the latest checkpoint, the public keys and what the witnesses have.")

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await DatabaseSession.run { session in
                let log = session.auditLog
                let (status, terminal) = (try await log.status(), session.terminal)
                guard !json else { return terminal.line(try JSONOutput.text(try JSONOutput.value(status))) }
                if let alarm = status.alarm {
                    terminal.line(
                        terminal.styled(
                            "ALARM at position \(alarm.position): \(alarm.kind.rawValue), \(alarm.detail)", .red))
                }
                terminal.line("\(status.treeSize) of \(status.head) events are signed.")
                for (witness, size) in status.witnessed.sorted(by: { $0.key < $1.key }) {
                    terminal.line("\(witness) has seen \(size).")
                }
                for key in log.verifierKeys { terminal.line("public key  \(key)") }
                if let checkpoint = try await log.latestCheckpoint() { terminal.line("\n" + checkpoint.note) }
            }
        }
    }
}

/// The public keys that a log is verified by.
enum AuditedKeys {
    /// The texts, or those of the configuration if there are none.
    static func read(_ texts: [String], _ environment: [String: String]) throws -> AuditKeys {
        do {
            guard texts.isEmpty else { return try AuditKeys(signers: [], verifiers: texts) }
            var settings = Settings(environment)
            let signers = [settings.text(.logKey), settings.text(.previousLogKey)].compactMap { $0 }
            let keys = try AuditKeys(signers: signers, verifiers: settings.list(.logPublicKeys))
            guard !keys.verifiers.isEmpty else {
                throw Failure("no public key of the log is known: give --key, or set \(Setting.logPublicKeys.key).")
            }
            return keys
        } catch is NoteKeyError {
            throw Failure(
                "a key of the log cannot be read: a public one is name+hash+key, as `deploycenter audit` shows it.")
        }
    }
}

extension ArchiveFolder {
    fileprivate static let open: PostgresAuditLog.OpenArchives = { folder throws(EventArchiveError) in
        try ArchiveFolder(path: folder)
    }
}

/// One line at the terminal that says how far something is; silent where it would be in a machine's way.
final class ProgressLine: Sendable {
    private let terminal: Terminal
    private let isQuiet: Bool

    init(terminal: Terminal, isQuiet: Bool) {
        self.terminal = terminal
        self.isQuiet = isQuiet || !terminal.isInteractive
    }

    func show(done: Int64, total: Int64, perSecond rate: Double, note: String = "") {
        guard !isQuiet else { return }
        let share = total > 0 ? done * 100 / total : 100
        let left = rate > 0 ? ", \(Int(Double(total - done) / rate)) s left" : ""
        terminal.overwrite("\(share) %  \(done) of \(total), \(Int(rate))/s\(left)\(note.isEmpty ? "" : "  \(note)")")
    }

    func end() { if !isQuiet { terminal.overwrite("") } }
}
