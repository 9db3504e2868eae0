import Domain
import ProcessManagers
import TestSupport
import Testing

@Suite struct `Patience with a step` {
    @Test(arguments: Step.allCases)
    func `allows several attempts, and ends before the release's deadline`(_ step: Step) {
        let policy = StepPolicy.policy(for: step)
        #expect(policy.attemptSeconds > 0)
        #expect(policy.failuresMax > 1)
        #expect(policy.patienceSeconds >= policy.attemptSeconds)
        #expect(policy.patienceSeconds < Deadlines.releaseSeconds)
    }

    @Test func `with an application that has to stay healthy is longer than that takes`() {
        #expect(Deadlines.stableSeconds > 0)
        #expect(StepPolicy.policy(for: .health).patienceSeconds > Deadlines.stableSeconds)
    }
}

@Suite struct `The wait before another attempt` {
    private func ceiling(_ failures: Int) -> Duration {
        Backoff.delay(afterFailures: failures, random: 1, atLeast: nil)
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (100, 60), (Int.max, 60)])
    func `doubles from a second to a minute`(_ failures: Int, _ seconds: Int) {
        #expect(ceiling(failures) == .seconds(seconds))
    }

    @Test(arguments: [0, -1, Int.min])
    func `bears nonsense`(_ failures: Int) {
        #expect(ceiling(failures) == .seconds(1))
    }

    @Test func `is spread over the whole range, from nothing on`() {
        #expect(Backoff.delay(afterFailures: 5, random: 0, atLeast: nil) == .zero)
        #expect(Backoff.delay(afterFailures: 5, random: 0.5, atLeast: nil) == .seconds(8))
        var random = SeededRandom(for: "is spread over the whole range, from nothing on")
        let delays = (0..<400).map { _ in
            Backoff.delay(afterFailures: 5, random: .random(in: 0..<1, using: &random), atLeast: nil)
        }
        let comment: Comment = "SEED=\(random.seed)"
        #expect(delays.allSatisfy { (.zero..<Duration.seconds(16)).contains($0) }, comment)
        for quarter in 0..<4 {
            let range = Duration.seconds(quarter * 4)..<Duration.seconds(quarter * 4 + 4)
            #expect(delays.contains(where: range.contains), comment)
        }
    }

    @Test func `never goes below what the other side asked for, and spreads beyond it`() {
        #expect(Backoff.delay(afterFailures: 1, random: 0, atLeast: .seconds(30)) == .seconds(30))
        #expect(Backoff.delay(afterFailures: 3, random: 0.5, atLeast: .seconds(30)) == .seconds(32))
    }

    @Test func `shrinks with patience; what the other side asks for is obeyed up to the limit, which shrinks too`() {
        let hasty = Patience(factor: 0.05)
        #expect(Backoff.delay(afterFailures: 8, random: 1, atLeast: nil, patience: hasty) == .seconds(3))
        #expect(Backoff.delay(afterFailures: 1, random: 0, atLeast: .seconds(2), patience: hasty) == .seconds(2))
        #expect(Backoff.delay(afterFailures: 1, random: 0, atLeast: .seconds(30), patience: hasty) == .seconds(6))
        #expect(hasty.scaled(seconds: Deadlines.releaseSeconds) == 90)
        #expect(hasty.scaled(seconds: 0) == 0)
        #expect(hasty.scaled(seconds: 1) == 1)
    }
}
