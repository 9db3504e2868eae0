import Application
import Domain
import EventSourcing
import JSONSchema
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `Requesting a deployment` {
    @Test func `it claims its domain in the same append`() async throws {
        try await withPlatform { platform in
            let receipt = try await platform.commands.requestDeployment(.shop(), .by("dana"))
            #expect(receipt.stream == .deployment("acme-shop-production"))
            #expect(receipt.version == 1)
            let claim = try await platform.store.events(of: .domainName("shop-production.acme.apps.example"), from: 1)
            #expect(claim.map(\.type) == ["domain_name.claimed"])
            #expect(try await platform.store.head() == receipt.position)
        }
    }

    @Test func `of two at once for one domain, one is refused and appends nothing`() async throws {
        try await withPlatform { platform in
            let orders = ["one", "two"].map { DeploymentOrder.shop(name: $0, domain: "shop.apps.example") }
            let outcomes = await withTaskGroup(of: Result<CommandReceipt, CommandError>.self) { group in
                for order in orders {
                    group.addTask {
                        do throws(CommandError) {
                            return .success(try await platform.commands.requestDeployment(order, .by("dana")))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let refusals = outcomes.compactMap { outcome in
                if case .failure(.refused(let refusal)) = outcome { refusal.code } else { nil }
            }
            #expect(refusals == ["domain.taken"])
            let requested = try await platform.store.events(after: .start, categories: ["deployment"], limit: 10)
            #expect(requested.count == 1)
        }
    }

    @Test func `every problem of the parameters is told at once`() async throws {
        try await withPlatform { platform in
            let head = try await platform.store.head()
            var order = DeploymentOrder.shop()
            order.parameters = ["workers": 99, "unknown": true]
            await #expect {
                try await platform.commands.requestDeployment(order, .by("dana"))
            } throws: { error in
                guard case .invalid(let violations)? = error as? CommandError else { return false }
                return violations.map(\.path).sorted() == ["/parameters/unknown", "/parameters/workers"]
            }
            #expect(try await platform.store.head() == head)
        }
    }

    @Test(arguments: [
        (Preparation.none, "customer.unknown", DeploymentOrder.shop(customer: "nobody")),
        (.none, "template.unknown", .shop(version: "9.9.9")),
        (.none, "cluster.unknown", .shop(cluster: "nowhere")),
        (.cordon, "cluster.cordoned", .shop()),
        (.suspend, "customer.suspended", .shop()),
        (.submitUnapproved, "template.not_approved", .shop(version: "2.0.0")),
    ])
    func `what cannot be used is refused by name`(
        preparation: Preparation, code: String, order: DeploymentOrder
    ) async throws {
        try await withPlatform { platform in
            try await preparation.apply(to: platform.commands)
            let head = try await platform.store.head()
            await #expect {
                try await platform.commands.requestDeployment(order, .by("dana"))
            } throws: { error in
                guard case .refused(let refusal)? = error as? CommandError else { return false }
                return refusal.code == code && !refusal.whatToDo.isEmpty
            }
            #expect(try await platform.store.head() == head)
        }
    }

    @Test func `the same key answers the same and runs once`() async throws {
        try await withPlatform { platform in
            let context = CommandContext.by("dana", key: "k-1")
            let first = try await platform.commands.requestDeployment(.shop(), context)
            let second = try await platform.commands.requestDeployment(.shop(), context)
            #expect(!first.isRepetition && second.isRepetition)
            #expect((second.version, second.position) == (first.version, first.position))
            #expect(try await platform.store.head() == first.position)
        }
    }

    @Test func `a key that was used for something else is refused`() async throws {
        try await withPlatform { platform in
            try await platform.commands.requestDeployment(.shop(), .by("dana", key: "k-1", digest: "a"))
            await #expect(throws: CommandError.idempotencyKeyReused(key: "k-1")) {
                try await platform.commands.requestDeployment(
                    .shop(name: "other"), .by("dana", key: "k-1", digest: "b"))
            }
        }
    }

    @Test func `a stale version is told with the version that there is`() async throws {
        try await withPlatform { platform in
            await #expect(throws: CommandError.stale(expected: 1, actual: 2)) {
                try await platform.commands.suspendCustomer("acme", reason: "unpaid", .by("ada", expecting: 1))
            }
        }
    }

    @Test func `cancelling before anything began gives the domain back`() async throws {
        try await withPlatform { platform in
            try await platform.commands.requestDeployment(.shop(), .by("dana"))
            try await platform.commands.cancelDeployment("acme-shop-production", reason: "a mistake", .by("dana"))
            let name = try await platform.store.events(of: .domainName("shop-production.acme.apps.example"), from: 1)
            #expect(name.map(\.type) == ["domain_name.claimed", "domain_name.released"])
            let again = try await platform.commands.retryDeployment("acme-shop-production", .by("dana"))
            #expect(again.version > 1)
        }
    }
}

/// What an administrator does before a request.
enum Preparation: Sendable {
    case none, cordon, suspend, submitUnapproved

    func apply(to commands: Commands) async throws {
        switch self {
        case .none: break
        case .cordon: try await commands.cordonCluster("eks-eu-1", reason: "upgrade", .by("ada"))
        case .suspend: try await commands.suspendCustomer("acme", reason: "unpaid", .by("ada"))
        case .submitUnapproved: try await commands.submitTemplate(files: ShopTemplate.files("2.0.0"), .by("ada"))
        }
    }
}
