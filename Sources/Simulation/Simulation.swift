/// Many stories, told on all cores, in the order of their seeds as far as that goes.
package struct Simulation: Sendable {
    package let first: UInt64
    package let count: Int

    package init(first: UInt64, count: Int) {
        self.first = first
        self.count = count
    }

    /// What the stories were, and the first of them in which something happens that must not be.
    package struct Result: Sendable {
        package internal(set) var stories = 0
        package internal(set) var events = 0
        package internal(set) var failed: Story?
    }

    /// Each lane ends at the first of its stories that fails.
    package func run(lanes: Int) async -> Result {
        await withTaskGroup(of: Result.self) { group in
            for lane in 0..<lanes { group.addTask { run(lane: lane, of: lanes) } }
            return await group.reduce(into: Result()) { whole, part in
                whole.stories += part.stories
                whole.events += part.events
                whole.failed = [whole.failed, part.failed].compactMap { $0 }.min { $0.seed < $1.seed }
            }
        }
    }

    private func run(lane: Int, of lanes: Int) -> Result {
        let memory = RenderMemory()
        var result = Result()
        for number in stride(from: lane, to: count, by: lanes) where !Task.isCancelled {
            let story = Story(seed: first &+ UInt64(number), isTelling: false, memory)
            result.stories += 1
            result.events += story.events
            if !story.complaints.isEmpty {
                result.failed = Story(seed: story.seed)
                break
            }
        }
        return result
    }
}
