#if DEBUG
    import Foundation
    import Simulation
    import Synchronization

    /// Kills a server at every point of each story, and at two points of one story, in several worlds side by side.
    struct CrashTrial: Sendable {
        let directory: String
        let setting: TrialWorld.Setting
        let stories: [TrialStory]
        /// Nil takes every point; else so many of each story, drawn.
        let sample: Int?
        /// Only this point, instead of all.
        let point: String?
        /// Stories with two crashes, of each kind.
        let pairs: Int
        let lanes: Int
        let seed: UInt64

        /// A point that a run did not reach, for steps go side by side in another order each time, is tried so often.
        static let triesMax = 3

        private struct Job {
            let story: TrialStory
            let crashes: [String]
            let expected: TrialEvidence
        }

        func run() async throws -> [CrashSummary] {
            let known = try await TrialWorld.run(in: "\(directory)/undisturbed", setting) { world in
                let teller = CrashTeller(world: world, lane: "u")
                try await teller.prepare()
                var known: [(story: TrialStory, evidence: TrialEvidence, points: [String])] = []
                for story in stories {
                    let (evidence, points) = try await teller.undisturbed(story)
                    say("\(story): \(points.count) points")
                    known.append((story, evidence, points))
                }
                return known
            }
            var random = SplitMix64(seed: seed)
            var singles: [Job] = []
            var doubles: [Job] = []
            for (story, evidence, points) in known {
                var chosen = point.map { [$0] } ?? points
                if let sample, point == nil { chosen = Array(points.shuffled(using: &random).prefix(sample)) }
                singles += chosen.map { Job(story: story, crashes: [$0], expected: evidence) }
                for _ in 0..<pairs {
                    // By number, for what the second server meets depends on where the first died.
                    let first = Int.random(in: 1...points.count, using: &random)
                    let second = Int.random(in: 1...max(1, points.count - first), using: &random)
                    doubles.append(Job(story: story, crashes: ["\(first)", "\(second)"], expected: evidence))
                }
            }
            let outcomes = try await work(through: singles + doubles)
            return stories.flatMap { story in
                [1, 2].compactMap { crashes in
                    let own = outcomes.filter { $0.story == story && $0.crashes.count == crashes }
                    return own.isEmpty ? nil : CrashSummary(story: story, crashes: crashes, outcomes: own)
                }
            }
        }

        private func work(through jobs: [Job]) async throws -> [CrashOutcome] {
            let queue = JobQueue(jobs)
            return try await withThrowingTaskGroup(of: [CrashOutcome].self) { group in
                for lane in 1...lanes {
                    group.addTask {
                        try await TrialWorld.run(in: "\(directory)/lane-\(lane)", setting) { world in
                            let teller = CrashTeller(world: world, lane: "l\(lane)x")
                            try await teller.prepare()
                            var outcomes: [CrashOutcome] = []
                            while let (job, left) = queue.next() {
                                outcomes.append(try await outcome(of: job, by: teller, left: left))
                            }
                            let complaints = try await teller.verifyLog()
                            guard complaints.isEmpty else {
                                throw Failure("the log of lane \(lane): \(complaints.joined(separator: "; "))")
                            }
                            return outcomes
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }

        private func outcome(of job: Job, by teller: CrashTeller, left: Int) async throws -> CrashOutcome {
            var outcome: CrashOutcome
            var tries = 0
            repeat {
                outcome = try await teller.tell(job.story, crashes: job.crashes, like: job.expected)
                tries += 1
            } while outcome.kills == 0 && outcome.complaints.isEmpty && tries < Self.triesMax
            say(
                "\(left) left; \(job.story) in \(Int(outcome.seconds)) s, killed \(outcome.kills) times "
                    + "(\(job.crashes.joined(separator: ", then "))): "
                    + (outcome.complaints.isEmpty ? "as undisturbed" : outcome.complaints.joined(separator: "; ")))
            return outcome
        }

        private func say(_ text: String) { setting.terminal.aside(text) }

        /// What is left to do, for all lanes.
        private final class JobQueue: Sendable {
            private let jobs: Mutex<ArraySlice<Job>>

            init(_ jobs: [Job]) { self.jobs = Mutex(jobs[...]) }

            func next() -> (job: Job, left: Int)? {
                jobs.withLock { jobs in jobs.popFirst().map { ($0, jobs.count) } }
            }
        }
    }

    /// One line of the table: the stories of one kind with as many crashes.
    struct CrashSummary: Sendable {
        let story: TrialStory
        let crashes: Int
        let outcomes: [CrashOutcome]

        var wrong: [CrashOutcome] { outcomes.filter { !$0.complaints.isEmpty } }
        var notReached: [CrashOutcome] { outcomes.filter { $0.kills == 0 } }

        static let header = ["story", "crashes", "stories", "killed", "not reached", "wrong", "median s", "longest s"]

        var row: [String] {
            let seconds = outcomes.map(\.seconds).sorted()
            func tenths(_ value: Double?) -> String { value.map { String(format: "%.1f", $0) } ?? "-" }
            return [
                story.rawValue, "\(crashes)", "\(outcomes.count)", "\(outcomes.reduce(0) { $0 + $1.kills })",
                "\(notReached.count)", "\(wrong.count)", tenths(seconds.isEmpty ? nil : seconds[seconds.count / 2]),
                tenths(seconds.last),
            ]
        }
    }
#endif
