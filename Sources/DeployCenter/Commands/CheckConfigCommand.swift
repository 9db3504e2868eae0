import ArgumentParser
import EventSourcing
import Foundation

/// Shows every setting and says what is missing or wrong, without starting anything.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Show the configuration and every problem in it; secrets stay hidden.")

    @Flag(help: "For machines.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let terminal = Terminal(environment: environment)
        var settings = Settings(environment)
        let shown = Setting.all.map { setting in
            // Problems of single settings are reported below, with those of their combinations.
            (setting, settings.shown(setting))
        }
        var problems: [String] = []
        do {
            _ = try ServerConfiguration(environment)
        } catch let error as ConfigurationProblems {
            problems = error.problems
        }
        if json {
            terminal.line(
                try JSONOutput.text([
                    "settings": .object(
                        Dictionary(shown.map { ($0.0.key, .string($0.1)) }, uniquingKeysWith: { first, _ in first })),
                    "problems": .array(problems.map { .string($0) }),
                ]))
        } else {
            terminal.table(["SETTING", "VALUE", "PURPOSE"], shown.map { [$0.0.key, $0.1, $0.0.purpose] })
            for problem in problems { terminal.aside(terminal.styled("✗ \(problem)", .red)) }
        }
        guard problems.isEmpty else { throw ExitCode(1) }
        if !json { terminal.line(terminal.styled("The configuration is complete.", .green)) }
    }
}
