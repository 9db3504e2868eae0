import Application
import Domain
import EventSourcing
import Postgres
import TransparencyLog

/// Fills an empty log with deployments that go live: eighteen events each, a thousand deployments at a time side by side, so that their
/// events lie as mixed as in a busy log.
struct BenchHistory {
    let database: BenchDatabase

    /// Deployments whose events are mixed.
    private static let lanes: Int64 = 1000

    /// Writes about `events` events, in whole blocks of deployments, and answers how many.
    @discardableResult
    func write(events: Int) async throws -> Int64 {
        let story = Self.story.map(\.stored)
        let block = Self.lanes * Int64(story.count)
        let blocks = max(1, (Int64(events) + block / 2) / block)
        let payloads = try story.map { try JSONText.encode($0.payload) }
        let metadata = try JSONText.encode(Self.metadata)
        let parameters: [PostgresValue] = [
            .int8(Self.lanes), .textArray(story.map(\.type.rawValue)), .textArray(payloads),
            .textArray(try payloads.map { try digest($0) }), .jsonb(metadata), .text(try digest(metadata)),
        ]
        try await database.pool.query(
            "SELECT make_event_partitions($1::bigint, $2::bigint)",
            [.int8(10_000_000), .int8(blocks * block / 10_000_000 + 2)])
        // Blocks of a few, so that no transaction grows without end.
        for first in stride(from: Int64(0), to: blocks, by: 20) {
            let last = min(first + 20, blocks) - 1
            try await database.pool.query(
                try database.script("write_history.sql"), parameters + [.int8(first), .int8(last)])
        }
        try await database.pool.execute(script: try database.script("end_history.sql"))
        return blocks * block
    }

    private func digest(_ json: String) throws -> String {
        try CanonicalJSON.digest(ofJSON: Array(json.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    private static let metadata = EventMetadata(
        actor: "process:deployment", correlationID: "0192f0c1-7f3a-7c59-9a5b-6f0e4a1d2c3b",
        causationID: "deployment-acme-shop-production/1/access_point", source: "process")

    private static let release = Release(
        customer: "acme", customerName: "Acme GmbH", name: "shop", environment: .production, size: .small,
        cluster: "frankfurt",
        target: Cluster.Description(
            destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
            hostedZone: "Z0FRANKFURT", zoneDomain: "apps.example.com",
            ingressHostname: "lb.eu-central-1.elb.amazonaws.com"),
        template: "odoo", templateVersion: "1.0.0", parameters: ["workers": 2], domain: "shop.acme.example",
        needs: .init(accessPoint: .init(uid: 101, gid: 101), bucket: true))

    /// One deployment from request to live.
    static let story: [DeploymentEvent] =
        [.requested(.init(number: 1, cause: .first, release: release, requestedBy: "ana"))]
        + [
            .rendered(.init(number: 1, files: ["application.yaml", "database.yaml", "ingress.yaml"])),
            .accessPointProvisioned(
                .init(
                    number: 1, accessPoint: "fsap-0123456789abcdef0", fileSystem: "fs-0123456789abcdef0",
                    wasAdopted: false)),
            .bucketProvisioned(.init(number: 1, bucket: "dc-acme-shop-production", wasAdopted: false)),
            .nameProvisioned(
                .init(number: 1, name: "shop.acme.example", target: "lb.eu-central-1.elb.amazonaws.com", changeID: "C1")
            ),
            .committed(
                .init(
                    number: 1, commit: "9fceb02d0ae598e95dc970b74767f19372d61af8",
                    repository: "https://github.com/example/deployments.git", folder: "deployments/acme-shop-production"
                )),
            .applicationDeclared(
                .init(number: 1, application: "acme-shop-production", project: "deploycenter", uid: "1b4f0e98")),
            .synced(.init(number: 1, revision: "9fceb02d0ae598e95dc970b74767f19372d61af8")),
            .becameHealthy(
                .init(number: 1, revision: "9fceb02d0ae598e95dc970b74767f19372d61af8", stableSeconds: 10)),
        ]
        .enumerated().flatMap { index, event in
            [DeploymentEvent.stepStarted(.init(number: 1, step: Step.allCases[index])), event]
        } + [.wentLive(.init(number: 1))]
}
