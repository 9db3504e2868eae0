import ArgumentParser
import EventSourcing
import Foundation
import HTTPClient
import Logging
import Templating

/// Works on templates: check and render them here, bring them to a server.
struct TemplatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates", abstract: "Validate, render and import templates.",
        subcommands: [Validate.self, Render.self, Import.self])

    /// Checks one template.
    struct Validate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a template and tell every problem with file and line.")

        @Argument(help: "The template's folder, such as Templates/odoo.")
        var folder: String

        @Flag(help: "For machines.")
        var json = false

        func run() throws {
            let terminal = Terminal(environment: ProcessInfo.processInfo.environment)
            do {
                let definition = try TemplateFolder.definition(TemplateFolder(path: folder).files)
                guard json else { return terminal.line("\(definition.name) \(definition.version) is valid.") }
                terminal.line(
                    try JSONOutput.text([
                        "name": .string(definition.name), "version": .string(definition.version), "problems": [],
                    ]))
            } catch let error as TemplateProblems {
                if json {
                    terminal.line(try JSONOutput.text(["problems": try JSONOutput.value(error.problems)]))
                } else {
                    for problem in error.problems { terminal.aside("\(folder)/\(problem)") }
                }
                throw ExitCode(1)
            }
        }
    }

    /// Renders one template here, as the server would.
    struct Render: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Render a template with the input of a file (see a case's parameters.yaml).")

        @Argument(help: "The template's folder, such as Templates/odoo.")
        var folder: String

        @Argument(
            help: "YAML with everything that expressions can see, such as Templates/odoo/cases/small/parameters.yaml.")
        var input: String

        @Option(help: "Write the files into this folder instead of showing them.")
        var output: String?

        func run() throws {
            let terminal = Terminal(environment: ProcessInfo.processInfo.environment)
            let source = TemplateSource(files: try TemplateFolder(path: folder).files)
            do {
                let text = try String(contentsOfFile: input, encoding: .utf8)
                let rendered = try render(source, RenderInput(yaml: text, file: input))
                for (path, text) in rendered.files.sorted(by: { $0.key < $1.key }) {
                    guard let output else {
                        terminal.line("# \(path)\n\(text)---")
                        continue
                    }
                    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
                    try text.write(toFile: "\(output)/\(path)", atomically: true, encoding: .utf8)
                }
            } catch let error as TemplateProblems {
                for problem in error.problems { terminal.aside(problem.description) }
                throw ExitCode(1)
            }
        }
    }

    /// Submits templates to a server.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit every template of a folder to a server; somebody else approves them there.")

        @Argument(help: "The folder that holds the templates' folders.")
        var folder = "Templates"

        @Option(help: "The server.")
        var url = "http://127.0.0.1:8700"

        @Option(help: "A file that holds an admin's token; otherwise DEPLOYCENTER_TOKEN holds the token.")
        var tokenFile: String?

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let terminal = Terminal(environment: environment)
            guard let server = Endpoint(url) else { throw ValidationError("--url \(url) is not an HTTP address.") }
            let token =
                try tokenFile.map { try String(contentsOfFile: $0, encoding: .utf8) }
                ?? environment["DEPLOYCENTER_TOKEN"]
            guard let token = token?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty else {
                throw Failure("give an admin's token: --token-file, or DEPLOYCENTER_TOKEN in the environment.")
            }
            let http = CurlClient(configuration: .init(), logger: Logs.logger(.error))
            try await TemplateImport(
                folder: folder, submitter: APIClient(server: server, token: token, http: http), approver: nil
            ).run { terminal.line($0) }
            await http.shutdown()
        }
    }
}
