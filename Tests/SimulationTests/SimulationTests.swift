import Foundation
import TestSupport
import Testing

@Suite struct `Whatever fails, wherever, however often` {
    /// `SEEDS=10000` for many. A seed that fails prints its story, and `SEED=` tells it again.
    @Test func `a deployment ends live, or with everything taken back`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let first = SeededRandom(for: "simulated stories").seed
        let count = environment["SEED"] == nil ? environment["SEEDS"].flatMap(UInt64.init) ?? 200 : 1
        let lanes = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        await withTaskGroup(of: Story?.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    stride(from: first + lane, to: first + count, by: Int(lanes)).lazy
                        .map { Story(seed: $0) }.first { !$0.complaints.isEmpty }
                }
            }
            for await case let story? in group {
                Issue.record(
                    "SEED=\(story.seed): \(story.complaints.joined(separator: "; "))\n\(story.timeline.joined(separator: "\n"))"
                )
            }
        }
    }

    @Test func `the same seed tells the same story`() {
        #expect(Story(seed: 7).timeline == Story(seed: 7).timeline)
    }
}
