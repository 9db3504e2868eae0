import Application
import Domain
import EventSourcing
import FoundationEssentials
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A random history` {
    @Test(arguments: 1...3)
    func `gives the same rows however it is split, and those that the rules expect`(_ round: Int) async throws {
        var random = SeededRandom(for: "random history \(round)")
        var sizes = SeededRandom(seed: random.next())
        var history = RandomHistory(SeededRandom(seed: random.next()))
        let batchMax = Int64.random(in: 1...7, using: &sizes)
        try await withWorld { world in
            var chunks: [(events: [LoggedEvent], states: [ID<Deployment>: Deployment.State])] = []
            for _ in 1...25 {
                let events = try history.next(Int.random(in: 1...40, using: &sizes))
                chunks.append((events, history.deployments))
            }
            try await world.following(
                world.runner(batchMax: batchMax),
                body: { [chunks] in
                    for chunk in chunks {
                        let head = try await world.append(chunk.events)
                        try await world.caughtUp(to: head)
                        try await expectRules(chunk.states, in: world)
                    }
                })
            for view in QueryView.allCases {
                let verification = try await world.administration.verify(view.rawValue)
                #expect(verification.differences == [], "kept in batches of \(batchMax): \(view)")
                let kept = try await world.rows(view.rawValue)
                _ = try await world.administration.rebuild(view.rawValue)
                #expect(try await world.rows(view.rawValue) == kept, "\(view) after a rebuild")
                // So little memory that there are many buckets, each of a stream or two.
                let bytes = Int64.random(in: 1...20_000, using: &sizes)
                _ = try await world.administration(memory: RebuildMemory(bytes: bytes)).rebuild(view.rawValue)
                #expect(try await world.rows(view.rawValue) == kept, "\(view) after a rebuild in \(bytes) bytes")
            }
        }
    }

    private func expectRules(_ states: [ID<Deployment>: Deployment.State], in world: ProjectionWorld) async throws {
        for (id, state) in states where state.phase != .unknown {
            let found = try await world.queries.row(.deploymentStatus, key: id.rawValue)
            let row = try JSONDecoder().decode(JSONValue.self, from: Data(try #require(found.row).utf8))
            for (column, expected) in DeploymentStatusRules(state: state).columns {
                #expect(row[column] == expected, "\(column) of \(id) at \(found.position) in \(state.phase)")
            }
        }
    }
}
