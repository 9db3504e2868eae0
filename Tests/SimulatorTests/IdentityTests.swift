import Simulators
import Testing

@Suite struct `The identity provider` {
    @Test func `satisfies OpenID Connect clients`() async throws {
        try await withSimulators { simulators in
            let ready = try #require(try await simulators.identity.issueToken(for: "dana", validFor: .seconds(60)))
            try await runClient("identity_check.py", simulators, environment: ["READY_TOKEN": ready])
        }
    }

    @Test func `gives no token to a stranger`() async throws {
        try await withSimulators { simulators in
            let token = try await simulators.identity.issueToken(for: "mallory")
            #expect(token == nil)
        }
    }
}
