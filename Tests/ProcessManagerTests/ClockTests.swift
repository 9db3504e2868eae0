import Domain
import EventSourcing
import ProcessManagers
import TestSupport
import Testing

@Suite struct `The clock of a release` {
    private static let start = Timestamp(microseconds: 1_795_000_000_000_000)

    /// What it says at `seconds` when each of these happened so many seconds after the start.
    private func look(_ history: [(Int, [DeploymentEvent])], at seconds: Int, of release: Int = 1) -> ReleaseClock.Look
    {
        var clock = ReleaseClock()
        for (time, events) in history {
            for event in events { clock.note(event, at: Self.start + .seconds(time)) }
        }
        return clock.look(
            at: release, now: Self.start + .seconds(seconds), holdSeconds: 3600)
    }

    private func until(_ seconds: Int) -> ReleaseClock.Look { .wait(until: Self.start + .seconds(seconds)) }

    private let render = StepPolicy.policy(for: .render).deadlineSeconds
    private let bucket = StepPolicy.policy(for: .bucket).deadlineSeconds

    @Test func `waits for the first deadline of a step that may begin, and then fails it`() {
        #expect(look([(0, Past.provisioning)], at: 1) == until(render))
        #expect(
            look([(0, Past.provisioning)], at: render)
                == .overdue(.stepOverdue(.render, release: 1, afterSeconds: render)))
        let rendered = [(0, Past.provisioning), (2, Past.did([.render]))]
        #expect(look(rendered, at: render) == until(bucket))
    }

    @Test func `counts from when a step may begin, not from when the release did`() {
        let rest: [Step] = [.render, .accessPoint, .bucket, .name]
        let commit = StepPolicy.policy(for: .commit).deadlineSeconds
        let history = [(0, Past.provisioning), (100, Past.did(rest))]
        #expect(
            look(history, at: 100 + commit) == .overdue(.stepOverdue(.commit, release: 1, afterSeconds: commit)))
    }

    @Test func `looks again before anything that begins meanwhile can be late`() throws {
        guard case .wait(let until) = look([(0, Past.provisioning + Past.did([.render]))], at: 0) else {
            Issue.record("it does not wait")
            return
        }
        let shortest = try #require(Step.allCases.dropFirst().map { StepPolicy.policy(for: $0).deadlineSeconds }.min())
        #expect(until <= Self.start + .seconds(shortest))
    }

    @Test func `ends the release as a whole`() {
        let long = [
            (0, Past.provisioning), (900, Past.did(Array(Step.allCases.dropLast(2)))), (1000, [Past.started(.sync)]),
        ]
        #expect(look(long, at: 1799) == until(1800))
        #expect(look(long, at: 1800) == .overdue(.deadlinePassed(release: 1, afterSeconds: 1800)))
    }

    @Test func `ends a hold, and begins anew when it is resumed`() {
        let held = [(0, Past.keeping + [Past.started(.bucket)]), (50, Past.held(.bucket))]
        #expect(look(held, at: 100) == until(3650))
        #expect(look(held, at: 3650) == .overdue(.holdPassed(release: 1, afterSeconds: 3600)))
        let resumed = held + [(3000, Past.did([.render, .accessPoint, .name]) + [Past.resumed([.bucket])])]
        #expect(look(resumed, at: 3001) == until(3000 + bucket))
    }

    @Test func `ends a removal that nobody reports on`() {
        let undoing = [(0, Past.compensating)]
        #expect(look(undoing, at: bucket) == .overdue(.undoOverdue(.bucket, release: 1, afterSeconds: bucket)))
    }

    @Test(arguments: [Past.live, Past.failedFirst, Past.incomplete, Past.cancelledFirst])
    func `stops with the run`(_ history: [DeploymentEvent]) {
        #expect(look([(0, history)], at: 10) == .over)
        #expect(look([(0, history)], at: 10, of: 7) == .over)
    }
}
