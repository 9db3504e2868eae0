import Application
import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Logging
import Simulators

/// The real server with systems of its own around it, in which cells are lived through.
struct FaultWorld: Sendable {
    let clients: SandboxSurroundings.Clients
    /// Where each system of a cell listens, by its vendor: `aws`, `github`, `argocd`.
    let vendors: [String: Endpoint]
    let seen: SeenEvents
    let limit: Duration

    /// What the systems take to get something ready: some, so that waiting is part of every cell.
    static let pace = Pace(
        answerMilliseconds: 0, recordChangeSeconds: 0.3, accessPointSeconds: 0.2, syncSeconds: 0.2, healthSeconds: 0.2,
        deletionSeconds: 0.2)

    /// One customer with a cluster of its own: with other cells it shares the repository and the circuits of AWS.
    struct Place: Sendable {
        let number: Int

        var customer: String { "f\(String(10_000 + number).dropFirst())" }
        var deployment: String { "\(customer)-shop-production" }
        var cluster: DemoCluster {
            DemoCluster(
                name: "k\(customer)", region: "eu-central-1",
                fileSystem: "fs-0000000000000\(String(0x10000 + number, radix: 16).dropFirst())",
                hostedZone: "ZFAULT\(customer.uppercased())", zoneDomain: "\(customer).apps.example")
        }

        /// What requests of a system hold that concern this place.
        func mark(of system: String) -> String? {
            switch system {
            case "efs": cluster.fileSystem
            case "route53": cluster.hostedZone
            case "github", "sts": nil
            default: deployment
            }
        }
    }

    static func vendor(of system: String) -> String { ["github", "argocd"].contains(system) ? system : "aws" }

    /// Lives through one cell; without a fault for the nil cell, which tells what is called when nothing goes wrong.
    /// `begin` is called where the phase begins.
    func live(
        _ cell: FaultCell?, phase: FaultCell.Phase, at place: Place, begin: () async throws -> Void = {}
    ) async throws -> FaultOutcome {
        let start = ContinuousClock.now
        try await prepare(place)
        if phase == .deploy {
            try await begin()
            if let cell { try await arm(cell, at: place) }
        }
        if phase == .compensate {
            let hold: JSONValue = [
                "operation": "argocd.sync", "fault": "wrong-state", "times": "ever", "match": .string(place.deployment),
            ]
            try await administer("argocd", .post, "faults", body: hold)
        }
        try await clients.deployer.post(
            ["deployments"],
            [
                "customer": .string(place.customer), "name": "shop", "environment": "production", "size": "small",
                "template": "odoo", "templateVersion": "1.0.0", "parameters": ["language": "de_DE"],
            ])
        if phase == .compensate {
            // Everything is made when the sync begins; it is held up, and cancelled.
            let isMade = try await seen.wait(for: place.deployment, within: limit) { events in
                events.contains { FaultVerdict.type($0) == "step_started" && $0["payload"]?["step"] == "sync" }
                    || FaultVerdict.end(of: events) != nil
            }
            if isMade, FaultVerdict.end(of: await seen.events(of: place.deployment)) == nil {
                try await begin()
                if let cell { try await arm(cell, at: place) }
                try await clients.deployer.post(["deployments", place.deployment, "cancel"], ["reason": "the matrix"])
            }
        }
        _ = try await seen.wait(for: place.deployment, within: limit) { FaultVerdict.end(of: $0) != nil }
        try await disarm(cell, at: place)
        let time = (ContinuousClock.now - start).components
        return FaultVerdict(
            deployment: place.deployment, events: await seen.events(of: place.deployment),
            things: try await things(at: place)
        ).outcome(seconds: Double(time.seconds) + Double(time.attoseconds) / 1e18)
    }

    private func prepare(_ place: Place) async throws {
        try await clients.deployer.post(
            ["customers"], ["id": .string(place.customer), "name": .string(place.customer)])
        try await clients.admin.post(["clusters"], place.cluster.registration)
        try await clients.deployer.put(
            ["customers", place.customer, "cluster"], ["cluster": .string(place.cluster.name)])
    }

    private func arm(_ cell: FaultCell, at place: Place) async throws {
        var rule: [String: JSONValue] = [
            "operation": .string(cell.operation), "fault": .string(cell.fault.rawValue),
            "times": cell.times == .once ? 1 : "ever",
        ]
        if cell.fault == .slow { rule["seconds"] = .number(0.3) }
        if let mark = place.mark(of: cell.system) { rule["match"] = .string(mark) }
        try await administer(Self.vendor(of: cell.system), .post, "faults", body: .object(rule))
    }

    private func disarm(_ cell: FaultCell?, at place: Place) async throws {
        try await administer("argocd", .delete, "faults", match: place.deployment)
        guard let cell else { return }
        try await administer(
            Self.vendor(of: cell.system), .delete, "faults", match: place.mark(of: cell.system))
    }

    private func things(at place: Place) async throws -> [JSONValue] {
        var things: [JSONValue] = []
        for (vendor, mark) in [
            ("aws", place.deployment), ("aws", place.cluster.hostedZone), ("github", place.deployment),
            ("argocd", place.deployment),
        ] {
            let found = try await administer(vendor, .get, "inventory", match: mark)["things"]?.array ?? []
            things += found.filter { !things.contains($0) }
        }
        return things
    }

    /// How often each operation was asked for until now.
    func operations() async throws -> [String: Int64] {
        var operations: [String: Int64] = [:]
        for vendor in vendors.keys {
            let counts = try await administer(vendor, .get, "inventory", match: "-")["operations"]?.object ?? [:]
            operations.merge(counts.mapValues { $0["received"]?.integer ?? 0 }) { $1 }
        }
        return operations
    }

    @discardableResult
    private func administer(
        _ vendor: String, _ method: HTTPRequest.Method, _ path: String, match: String? = nil, body: JSONValue? = nil
    ) async throws -> JSONValue {
        guard let endpoint = vendors[vendor] else { throw Failure("there is no system \(vendor)") }
        let request = endpoint.request(
            method, ["_simulator", path], query: match.map { [(name: "match", value: $0)] } ?? [])
        let bytes = try body.map { Array(try JSONText.encode($0).utf8) } ?? []
        let reply = try await clients.viewer.http.send(request, body: bytes, timeout: .seconds(60))
        let text = String(decoding: reply.body, as: UTF8.self)
        guard (200..<300).contains(reply.status) else { throw Failure("\(vendor) answered \(reply.status): \(text)") }
        return text.isEmpty ? .null : try JSONText.decode(JSONValue.self, from: text)
    }
}

/// Hears a server's whole log, and tells when a deployment has come to a point.
actor SeenEvents {
    private var streams: [String: [JSONValue]] = [:]
    private var last: Int64 = 0
    /// Positions that were passed over.
    private(set) var gaps: [Int64] = []

    func follow(_ client: APIClient) async throws {
        let feed = EventFeed(client: client, query: [])
        try await feed.read(after: 0) { @Sendable event in
            await self.take(event)
            return true
        }
    }

    private func take(_ event: JSONValue) {
        let position = event["position"]?.integer ?? 0
        guard position > last else { return }
        if position != last + 1 { gaps.append(last + 1) }
        last = position
        streams[event["stream"]?.string ?? "", default: []].append(event)
    }

    func events(of deployment: String) -> [JSONValue] { streams["deployment-\(deployment)"] ?? [] }

    /// False if it does not come to that in time.
    func wait(
        for deployment: String, within limit: Duration, until isSo: @Sendable ([JSONValue]) -> Bool
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while !isSo(events(of: deployment)) {
            guard ContinuousClock.now < deadline else { return false }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        return true
    }
}
