#if DEBUG
    import Application
    import EventSourcing
    import Foundation
    import PostgresEventStore

    /// Tells stories in one world, one after the other, with servers that die at chosen points.
    actor CrashTeller {
        let world: TrialWorld
        private let lane: String
        private var told = 0
        /// What stories that need a live deployment take.
        private var live: [TrialDeployment] = []

        init(world: TrialWorld, lane: String) {
            self.world = world
            self.lane = lane
        }

        func prepare() async throws {
            try await world.serving { try await self.world.prepare($0) }
        }

        /// A story in which nothing goes wrong: what it leaves, and the points in it.
        func undisturbed(_ story: TrialStory) async throws -> (evidence: TrialEvidence, points: [String]) {
            let file = "\(world.directory)/points-\(story)"
            let deployment = try await deployment(for: story)
            let before = try await world.evidence(of: deployment)
            try await finish(story, deployment, [CrashPoints.record: file])
            let evidence = try await world.evidence(of: deployment) - before
            keep(deployment, after: story)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            return (evidence, text.split(separator: "\n").map(String.init))
        }

        /// Tells the story with a crash at each of the points, one after the other, each in the server that was started after the one before.
        func tell(_ story: TrialStory, crashes: [String], like expected: TrialEvidence) async throws -> CrashOutcome {
            let deployment = try await deployment(for: story)
            let before = try await world.evidence(of: deployment)
            let begun = ContinuousClock.now
            var kills = 0
            do {
                for point in crashes {
                    guard try await dies(at: point, story, deployment) else { break }
                    kills += 1
                }
                try await finish(story, deployment, [:])
            } catch let error as Trial.NeverHappened {
                return CrashOutcome(
                    story: story, crashes: crashes, kills: kills, seconds: 0,
                    complaints: ["\(deployment.id): \(error)"])
            }
            let evidence = try await world.evidence(of: deployment) - before
            keep(deployment, after: story)
            return CrashOutcome(
                story: story, crashes: crashes, kills: kills, seconds: (ContinuousClock.now - begun) / .seconds(1),
                complaints: evidence.differences(from: expected).map { "\(deployment.id): \($0)" })
        }

        /// What is wrong with the log at the end.
        func verifyLog() async throws -> [String] {
            try await world.serving { _ in try await self.world.verifyLog() }
        }

        // MARK: Parts

        private func deployment(for story: TrialStory) async throws -> TrialDeployment {
            if story.needsLive, let deployment = live.popLast() { return deployment }
            told += 1
            let deployment = TrialDeployment(customer: story == .fail ? "lost" : "acme", name: "\(lane)\(told)")
            if story.needsLive { try await finish(.deploy, deployment, [:]) }
            return deployment
        }

        private func keep(_ deployment: TrialDeployment, after story: TrialStory) {
            var deployment = deployment
            if story == .upgrade { deployment.upgrades += 1 }
            if story.end == TrialStory.deploy.end { live.append(deployment) }
        }

        /// Begins or goes on with the story in a server that is to die at the point; false if the story ended first.
        private func dies(at point: String, _ story: TrialStory, _ deployment: TrialDeployment) async throws -> Bool {
            let request = story.request(for: deployment, number: deployment.upgrades)
            let begun = try await begun(request, deployment)
            return try await world.serving([CrashPoints.target: point]) { server in
                _ = try await server.tell(request)
                try await Trial.until("\(deployment.id) ends, or its server at \(point)") {
                    if server.hasEnded { return true }
                    return try await self.hasEnded(deployment, since: begun)
                }
                if server.hasEnded, !server.wasKilled { throw Failure("the server ended by itself") }
                return server.hasEnded
            }
        }

        /// Goes on with the story, in a server that nothing happens to, until there is nothing left to do.
        private func finish(
            _ story: TrialStory, _ deployment: TrialDeployment, _ variables: [String: String]
        ) async throws {
            let request = story.request(for: deployment, number: deployment.upgrades)
            let begun = try await begun(request, deployment)
            try await world.serving(variables) { server in
                guard try await server.tell(request) else { throw Failure("the server ended by itself") }
                try await Trial.until("\(deployment.id) ends") { try await self.hasEnded(deployment, since: begun) }
                try await Trial.until("nothing is left to do for \(deployment.id)") { try await self.isQuiet() }
            }
        }

        /// The stream's version before the story.
        private func begun(_ request: TrialRequest, _ deployment: TrialDeployment) async throws -> Int {
            if let known = beginnings[request.key] { return known }
            let version = try await world.store.version(of: deployment.stream)
            beginnings[request.key] = version
            return version
        }
        private var beginnings: [String: Int] = [:]

        private func hasEnded(_ deployment: TrialDeployment, since version: Int) async throws -> Bool {
            try await world.store.events(of: deployment.stream, from: version + 1)
                .contains { TrialStory.ends.contains($0.type.rawValue) }
        }

        /// Nothing is open but what watches deadlines that are far away.
        private func isQuiet() async throws -> Bool {
            guard let due = try await world.effects.nextDue() else { return true }
            return due > WallClock.now() + .seconds(300)
        }
    }

    /// How a story with crashes ended.
    struct CrashOutcome: Sendable {
        let story: TrialStory
        let crashes: [String]
        /// Points that were reached.
        let kills: Int
        let seconds: Double
        let complaints: [String]
    }
#endif
