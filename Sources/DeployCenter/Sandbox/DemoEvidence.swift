import Application
import EventSourcing
import HTTPClient
import HTTPTypes
import Subprocess

/// Shows what the demo left behind, as Git, AWS, Argo CD and the audit trail tell it.
struct DemoEvidence {
    let deployment: String
    let clients: SandboxSurroundings.Clients
    let surroundings: SandboxSurroundings
    let terminal: Terminal

    func show() async throws {
        terminal.line()
        terminal.line(terminal.styled("The evidence", .bold))
        try await showGit()
        try await showDeployment()
        try await showArgoCD()
        try await showAudit()
        terminal.line()
    }

    private func showGit() async throws {
        let log = try await Subprocess.run(
            .name("git"),
            arguments: [
                "-C", surroundings.repositoryPath, "log", "-1", "--stat", "--stat-width=100", "--",
                "deployments/\(deployment)",
            ], output: .string(limit: 65_536), error: .discarded)
        terminal.line("  git -C \(surroundings.repositoryPath) log -1 --stat -- deployments/\(deployment)")
        for line in log.standardOutput.split(separator: "\n", omittingEmptySubsequences: false) {
            terminal.line(terminal.styled("    " + line, .grey))
        }
    }

    private func showDeployment() async throws {
        // The event stream is faster than the views: ask them for what it has shown.
        let seen = try await clients.viewer.get(
            ["streams", "deployment-\(deployment)", "events"], query: [("limit", "1")])
        let row = try await clients.viewer.get(
            ["deployments", deployment], query: [("after", String(seen["position"]?.integer ?? 0))])
        for (label, key) in [
            ("state", "state"), ("domain", "domain"), ("access point", "accessPoint"), ("bucket", "bucket"),
            ("commit", "commit"), ("application", "application"),
        ] {
            terminal.line("  \(label.padding(to: 14))\(row[key]?.string ?? "-")")
        }
    }

    private func showArgoCD() async throws {
        guard let argoCD = Endpoint(surroundings.argoCDURL) else { return }
        var fields = HTTPFields()
        fields[.authorization] = "Bearer \(surroundings.argoCDToken)"
        let request = argoCD.request(
            .get, ["api", "v1", "applications", deployment], query: [("project", SandboxSurroundings.project)],
            headerFields: fields)
        let reply = try await clients.viewer.http.send(request, timeout: .seconds(10))
        let application = try JSONText.decode(JSONValue.self, from: String(decoding: reply.body, as: UTF8.self))
        let status = application["status"] ?? .null
        terminal.line(
            "  \("Argo CD".padding(to: 14))\(status["sync"]?["status"]?.string ?? "no application"), "
                + "\(status["health"]?["status"]?.string ?? "no health") at "
                + "\((status["sync"]?["revision"]?.string ?? "-").prefix(12))")
    }

    private func showAudit() async throws {
        let page = try await clients.viewer.get(
            ["audit"], query: [("deployment", deployment), ("limit", "100")])
        let rows = page["items"]?.array ?? []
        terminal.line("  audit trail   \(rows.count) events, the last of them:")
        for row in rows.prefix(5) {
            terminal.line(
                terminal.styled(
                    "    \(row["position"]?.integer ?? 0)  \(row["recordedAt"]?.string ?? "")  "
                        + "\((row["action"]?.string ?? "").padding(to: 36))\(row["actor"]?.string ?? "")", .grey))
        }
    }
}
