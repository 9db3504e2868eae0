import EventSourcing
import Foundation
import HTTPTypes

/// Plays the main job through the public API, as a newcomer would do it: a customer, two clusters, and Odoo from request to live.
struct Demo {
    let clients: SandboxSurroundings.Clients
    let surroundings: SandboxSurroundings
    let terminal: Terminal

    static let customer = "acme"

    /// The application did not go live; the text says why.
    struct NotLive: Error, CustomStringConvertible {
        let description: String
    }

    func play() async throws {
        terminal.line()
        terminal.line(terminal.styled("The main job: from a request to a live application", .bold))
        try await prepare()
        let deployment = try await request()
        let story = DemoStory(deployment: deployment, terminal: terminal)
        let outcome = try await story.follow(
            EventFeed(client: clients.viewer, query: [("stream", "deployment-\(deployment)")]))
        try await DemoEvidence(deployment: deployment, clients: clients, surroundings: surroundings, terminal: terminal)
            .show()
        guard outcome == .live else {
            throw NotLive(description: "the demo's application \(deployment) is not live: \(story.ending(outcome)).")
        }
        terminal.line(terminal.styled("\(deployment) is live.", .green))
    }

    private func prepare() async throws {
        try await clients.deployer.post(
            ["customers"],
            [
                "id": .string(Self.customer), "name": "Acme GmbH", "contactName": "Rosa Roth",
                "contactEmail": "rosa@acme.example",
            ])
        say("customer", "\(Self.customer) (Acme GmbH), created by dana")
        for cluster in DemoCluster.all {
            try await clients.admin.post(["clusters"], cluster.registration)
            say("cluster", "\(cluster.name) in \(cluster.region), registered by ada")
        }
        let first = DemoCluster.all[0].name
        try await clients.deployer.put(["customers", Self.customer, "cluster"], ["cluster": .string(first)])
        say("route", "\(Self.customer) → \(first)")
    }

    /// Requests Odoo under the first name that is not used yet, and answers the deployment's id.
    private func request() async throws -> String {
        let templates = try await clients.viewer.get(
            ["templates"], query: [("template", "odoo"), ("standing", "approved"), ("limit", "1")])
        guard let version = templates["items"]?.array?.first?["version"]?.string else {
            throw NotLive(description: "no version of the template odoo is approved.")
        }
        for number in 1...200 {
            let name = number == 1 ? "shop" : "shop-\(number)"
            let id = "\(Self.customer)-\(name)-production"
            let known = try await clients.viewer.send(.get, ["deployments", id], query: [], body: nil)
            guard known.status == 404 else { continue }
            try await clients.deployer.post(
                ["deployments"],
                [
                    "customer": .string(Self.customer), "name": .string(name), "environment": "production",
                    "size": "small", "template": "odoo", "templateVersion": .string(version),
                    "parameters": ["language": "de_DE"],
                ])
            say("request", "odoo \(version) for \(Self.customer) as \(id), by dana")
            terminal.line()
            return id
        }
        throw NotLive(description: "200 demos were played here: remove the sandbox's directory to begin anew.")
    }

    private func say(_ what: String, _ how: String) {
        terminal.line("  \(terminal.styled("✓", .green)) \(what.padding(to: 14))\(how)")
    }
}
