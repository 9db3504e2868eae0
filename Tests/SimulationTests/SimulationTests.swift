import Foundation
import Simulation
import TestSupport
import Testing

@Suite struct `Whatever fails, wherever, however often` {
    /// A seed that fails prints its story, and `SEED=` tells it again. `deploycenter simulate` tells many more.
    @Test func `a deployment ends live, or with everything taken back`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let first = SeededRandom(for: "simulated stories").seed
        let count = environment["SEED"] == nil ? environment["SEEDS"].flatMap { Int($0) } ?? 200 : 1
        let result = await Simulation(first: first, count: count).run(
            lanes: ProcessInfo.processInfo.activeProcessorCount)
        if let story = result.failed {
            Issue.record(
                "SEED=\(story.seed): \(story.complaints.joined(separator: "; "))\n\(story.timeline.joined(separator: "\n"))"
            )
        }
        #expect(result.stories == count)
        #expect(result.events > 10 * count)
    }

    @Test func `the same seed tells the same story`() {
        #expect(Story(seed: 7).timeline == Story(seed: 7).timeline)
    }
}
