import Application
import Domain
import EventSourcing
import PostgresEventStore
import TestSupport

/// A migrated database with a customer, a cluster and an approved template.
struct Platform: Sendable {
    let store: PostgresEventStore
    let effects: PostgresEffectStore
    let commands: Commands
}

func withPlatform(_ body: (Platform) async throws -> Void) async throws {
    try await withMigratedDatabase { database in
        let store = PostgresEventStore(pool: database.pool)
        let commands = Commands(
            store: store, surroundings: Surroundings(now: { currentTime() }))
        try await commands.createCustomer("acme", .init(name: "Acme"), .by("dana"))
        try await commands.registerCluster(
            "eks-eu-1",
            .init(
                destination: "eks-eu-1", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
                hostedZone: "Z1", zoneDomain: "apps.example", ingressHostname: "lb.example"), .by("ada"))
        try await commands.routeCustomer("acme", to: "eks-eu-1", .by("dana"))
        try await commands.submitTemplate(files: ShopTemplate.files("1.0.0"), .by("ada"))
        try await commands.approveTemplate("shop", version: "1.0.0", .by("alan"))
        try await body(
            Platform(store: store, effects: PostgresEffectStore(pool: database.pool), commands: commands))
    }
}

extension CommandContext {
    static func by(
        _ person: String, key: String? = nil, digest: String = "d", expecting version: Int? = nil
    ) -> CommandContext {
        CommandContext(
            subject: person, roles: [.admin], correlationID: "test", source: "api",
            identity: key.map { CommandIdentity(actor: person, key: $0, digest: digest) }, expectedVersion: version)
    }
}

extension DeploymentOrder {
    static func shop(
        customer: ID<Customer> = "acme", name: String = "shop", version: String = "1.0.0",
        cluster: ID<Cluster>? = nil, domain: String? = nil
    ) -> DeploymentOrder {
        DeploymentOrder(
            customer: customer, name: name, environment: .production, size: .small, template: "shop",
            templateVersion: version, cluster: cluster, domain: domain, parameters: [:])
    }
}
