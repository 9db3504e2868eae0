import ArgumentParser
import EventSourcing
import Foundation
import HTTPClient
import Logging

/// Finds, adopts and removes what is outside and wanted by nobody.
struct OrphansCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orphans",
        abstract: "Compare what the events say with what AWS, GitHub and Argo CD have; adopt or remove the rest.",
        subcommands: [List.self, Remove.self, Adopt.self], defaultSubcommand: List.self)

    /// Which server is asked, and as whom.
    struct Server: ParsableArguments {
        @Option(help: "The server.")
        var url = "http://127.0.0.1:8700"

        @Option(help: "A file that holds an admin's token; otherwise DEPLOYCENTER_TOKEN holds the token.")
        var tokenFile: String?

        func run(_ work: (APIClient, Terminal) async throws -> Void) async throws {
            let environment = ProcessInfo.processInfo.environment
            guard let server = Endpoint(url) else { throw ValidationError("--url \(url) is not an HTTP address.") }
            let text =
                try tokenFile.map { try String(contentsOfFile: $0, encoding: .utf8) }
                ?? environment["DEPLOYCENTER_TOKEN"]
            guard let token = text?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty else {
                throw Failure("give an admin's token: --token-file, or DEPLOYCENTER_TOKEN in the environment.")
            }
            let http = CurlClient(configuration: .init(), logger: Logs.logger(.error))
            // Every system is asked; and a removal waits for its proof.
            let client = APIClient(server: server, token: token, http: http, timeout: .seconds(120))
            let outcome = await Result { try await work(client, Terminal(environment: environment)) }
            await http.shutdown()
            try outcome.get()
        }
    }

    /// Shows the report.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is there and wanted by nobody, and what is on record and not there.")

        @OptionGroup var server: Server

        @Flag(help: "For machines.")
        var json = false

        func run() async throws {
            try await server.run { client, terminal in
                let report = try await client.get(["orphans"])
                guard !json else { return terminal.line(try JSONOutput.text(report)) }
                let orphans = report["orphans"]?.array ?? []
                if orphans.isEmpty {
                    terminal.line("No orphans.")
                } else {
                    terminal.table(
                        ["ORPHAN", "SYSTEM", "IN", "DEPLOYMENT", "RELEASE", "WHY"],
                        orphans.map { item in
                            ["id", "system", "container", "deployment"].map { item[$0]?.string ?? "" }
                                + [item["release"]?.integer.map { "\($0)" } ?? "", item["explanation"]?.string ?? ""]
                        })
                }
                for item in report["missing"]?.array ?? [] {
                    let (id, deployment) = (item["id"]?.string ?? "", item["deployment"]?.string ?? "")
                    let release = item["release"]?.integer ?? 0
                    terminal.line(
                        "Missing: \(id), on record with \(deployment) since release \(release), is not in "
                            + "\(item["system"]?.string ?? "").")
                }
                for item in report["unread"]?.array ?? [] {
                    terminal.aside("Not asked: \(item["kind"]?.string ?? ""): \(item["reason"]?.string ?? "")")
                }
                terminal.aside("as of position \(report["position"]?.integer ?? 0)")
            }
        }
    }

    /// Removes one.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an orphan that bears our marks, and prove that it is gone.")

        @Argument(help: "Its id in the list, such as name:shop.example.com.")
        var orphan: String

        @Option(help: "Why, for the log.")
        var reason: String

        @Flag(help: "Customers' data may go with it, for good.")
        var withData = false

        @OptionGroup var server: Server

        func run() async throws {
            try await server.run { client, terminal in
                let body: JSONValue = ["reason": .string(reason), "withData": .bool(withData)]
                let answer = try await client.post(["orphans", orphan, "remove"], body)
                guard answer["state"] == "removed" else {
                    throw Failure(
                        "\(orphan) is being removed: \(answer["observation"]?.string ?? ""). Run this again to go on.")
                }
                terminal.line("\(orphan) is gone: \(answer["evidence"]?.string ?? "").")
            }
        }
    }

    /// Adopts one.
    struct Adopt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an orphan on record with the deployment that it names.")

        @Argument(help: "Its id in the list, such as access_point:fsap-0123456789abcdef0.")
        var orphan: String

        @Option(help: "Why, for the log.")
        var reason: String

        @OptionGroup var server: Server

        func run() async throws {
            try await server.run { client, terminal in
                let answer = try await client.post(["orphans", orphan, "adopt"], ["reason": .string(reason)])
                terminal.line("\(orphan) belongs to \(answer["id"]?.string ?? "") now.")
            }
        }
    }
}
