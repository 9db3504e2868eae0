import ArgumentParser
import EventSourcing
import Foundation

/// Shows which deployments do not get on, and why, through a running server.
struct StuckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stuck", abstract: "Show what does not get on, with the one sentence that explains each.")

    @OptionGroup var server: ServerOptions
    @Flag(help: "For machines.") var json = false

    func run() async throws {
        try await server.run { client, terminal in
            let answer = try await client.get(["stuck"])
            guard !json else { return terminal.line(try JSONOutput.text(answer)) }
            let items = answer["items"]?.array ?? []
            if items.isEmpty { return terminal.line("Nothing is stuck.") }
            for item in items {
                func text(_ member: String) -> String { item[member]?.string ?? "" }
                terminal.line("\(text("deployment"))  \(text("kind"))  since \(text("since"))")
                terminal.line("  \(text("sentence"))")
                if let effect = item["effect"]?.string { terminal.line("  look: deploycenter effects show \(effect)") }
                for action in item["actions"]?.array ?? [] {
                    let (method, path) = (action["method"]?.string ?? "", action["path"]?.string ?? "")
                    terminal.line("  to \(action["purpose"]?.string ?? ""): \(method) \(path)")
                }
            }
        }
    }
}
