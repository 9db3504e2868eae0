import Application
import Domain
import EventSourcing
import Testing

@Suite struct `Where a release's time went` {
    private static let request = Timestamp(microseconds: 1_700_000_000_000_000)

    private static func at(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: request.microseconds + Int64(seconds * 1_000_000))
    }

    private static func did(
        _ step: Step, _ from: Double, _ to: Double?, _ state: ReleaseCourse.StepState = .succeeded, attempts: Int = 1
    ) -> ReleaseCourse.Row {
        .init(.do, step, to == nil ? .running : state, from: at(from), to: to.map(at), attempts: attempts)
    }

    private static func undid(
        _ step: Step, _ from: Double, _ to: Double?, _ state: ReleaseCourse.StepState = .undone
    ) -> ReleaseCourse.Row {
        .init(.compensate, step, state, from: at(from), to: to.map(at))
    }

    private static func time(
        _ state: ReleaseCourse.State, until end: Double?, _ rows: [ReleaseCourse.Row] = [],
        usual: [String: Double] = ["health": 75, "bucket": 3], asked: Double? = nil, compensating: Bool = false,
        now: Double = 1000
    ) -> ReleaseTime {
        ReleaseTime(
            ReleaseCourse(
                deployment: "acme-shop-production", number: 3, state: state, askedAt: asked.map(at),
                requestedAt: request, endedAt: end.map(at), rows: rows, usualSeconds: usual,
                isBeingTakenBack: compensating), now: at(now))
    }

    /// Bucket is the slowest of what is done side by side; then one after the other, with two seconds between.
    private static func course(bucket: Double = 10, between: Double = 2, health: Double) -> [ReleaseCourse.Row] {
        var rows = [did(.render, 2, 3), did(.accessPoint, 2, 8), did(.bucket, 2, 2 + bucket)]
        var end = 2 + bucket
        for (step, seconds) in [(Step.commit, 5.0), (.application, 1), (.sync, 20), (.health, health)] {
            rows.append(did(step, end + between, end + between + seconds))
            end += between + seconds
        }
        return rows
    }

    @Test(
        arguments: [
            (
                "live after 186 s, 6 s over the budget of 180 s: health took 140 s (usually 75 s)",
                time(.live, until: 186, course(health: 140))
            ),
            (
                "live after 121 s, within the budget of 180 s: health took 75 s (usually 75 s)",
                time(.live, until: 121, course(health: 75))
            ),
            // The longest step took what it takes: what took longer than usual is named.
            (
                "live after 205 s, 25 s over the budget of 180 s: bucket took 94 s (usually 3 s)",
                time(.live, until: 205, course(bucket: 94, health: 75))
            ),
            // Nothing was slower than it is: what takes the longest is what makes it late.
            (
                "live after 260 s, 80 s over the budget of 180 s: health took 214 s (usually 214 s)",
                time(.live, until: 260, course(health: 214), usual: ["health": 214, "bucket": 9])
            ),
            (
                "live after 246 s, 66 s over the budget of 180 s: health took 200 s",
                time(.live, until: 246, course(health: 200), usual: [:])
            ),
            (
                "live after 321 s, 141 s over the budget of 180 s: 210 s passed between the steps",
                time(.live, until: 321, course(between: 52, health: 75))
            ),
            (
                "live after 3.2 s, within the budget of 180 s: health took 2 s in 3 attempts",
                time(.live, until: 3.2, [did(.render, 0, 1), did(.health, 1.2, 3.2, attempts: 3)], usual: [:])
            ),
            (
                "live after 121 s, within the budget of 180 s, after 600 s of waiting for approval: health took 75 s (usually 75 s)",
                time(.live, until: 121, course(health: 75), asked: -600)
            ),
            (
                "under way for 40 s, 140 s of the budget of 180 s left: bucket has taken 38 s in 2 attempts (usually 3 s)",
                time(.underWay, until: nil, [did(.render, 1, 2), did(.bucket, 2, nil, attempts: 2)], now: 40)
            ),
            (
                "under way for 200 s, 20 s over the budget of 180 s: bucket has taken 198 s (usually 3 s)",
                time(.underWay, until: nil, [did(.name, 3, nil), did(.bucket, 2, nil)], now: 200)
            ),
            (
                "under way for 90 s, 90 s of the budget of 180 s left: 87 s passed between the steps",
                time(.underWay, until: nil, [did(.render, 1, 4)], now: 90)
            ),
            (
                "under way for 9 s, 171 s of the budget of 180 s left: no step has begun",
                time(.underWay, until: nil, now: 9)
            ),
            (
                "failed after 95 s, within the budget of 180 s: bucket failed after 90 s in 3 attempts (usually 3 s); what it made was taken back within 12 s",
                time(
                    .failed, until: 95,
                    [
                        did(.bucket, 5, 95, .failed, attempts: 3), did(.name, 2, 99, .abandoned),
                        undid(.name, 99, 103), undid(.bucket, 103, 107),
                    ])
            ),
            (
                "failed after 95 s, within the budget of 180 s: bucket failed after 90 s (usually 3 s); what it made has been taken back for 905 s",
                time(.failed, until: 95, [did(.bucket, 5, 95, .failed)], compensating: true)
            ),
            (
                "failed after 95 s, within the budget of 180 s: bucket failed after 90 s (usually 3 s); after 15 s of taking back there remains: bucket",
                time(
                    .failed, until: 95,
                    [did(.bucket, 5, 95, .failed), undid(.name, 95, 100), undid(.bucket, 100, 110, .undoFailed)])
            ),
            // Of a release that is too late no step failed.
            (
                "failed after 1800 s, 1620 s over the budget of 180 s: health was given up after 1700 s (usually 75 s)",
                time(.failed, until: 1800, [did(.sync, 1, 99), did(.health, 100, 1805, .abandoned)], now: 9000)
            ),
            (
                "held after 95 s, within the budget of 180 s: bucket failed after 90 s (usually 3 s)",
                time(.held, until: nil, [did(.bucket, 5, 95, .failed), did(.name, 3, 4)])
            ),
            ("cancelled after 7 s, within the budget of 180 s: no step was begun", time(.cancelled, until: 7)),
            ("superseded after 7 s: nothing was begun", time(.superseded, until: 7)),
            (
                "has waited 1000 s for approval: its 180 s begin when it is approved",
                time(.awaitingApproval, until: nil, asked: 0)
            ),
            ("rejected after 60 s: nothing was begun", time(.rejected, until: 60, asked: 0)),
        ] as [(String, ReleaseTime)])
    func `is said in one sentence`(_ sentence: String, _ time: ReleaseTime) {
        #expect(time.sentence == sentence)
    }

    @Test func `is told step by step, with what the end waited for`() throws {
        let time = Self.time(.live, until: 188, Self.course(health: 140))
        #expect(time.steps.filter(\.isOnCriticalPath).map(\.step) == [.bucket, .commit, .application, .sync, .health])
        #expect(time.steps.map(\.beganAfterSeconds) == [2, 2, 2, 14, 21, 24, 46])
        #expect(time.steps.map(\.seconds) == [1, 6, 10, 5, 1, 20, 140])
        #expect(time.steps.map(\.usualSeconds) == [nil, nil, 3, nil, nil, nil, 75])
        // Two before the first step, two before each other, and two after the last.
        #expect(time.betweenStepsSeconds == 12)
        #expect((time.elapsedSeconds, time.overBudgetSeconds, time.budgetSeconds) == (188, 8, 180))
        #expect(time.compensation == nil)
        #expect(time.approvalSeconds == nil)
    }

    @Test func `counts what was given up with the release no longer than that`() throws {
        let time = Self.time(
            .failed, until: 95, [Self.did(.bucket, 5, 95, .failed), Self.did(.name, 2, 99, .abandoned)])
        #expect(time.steps.map(\.seconds) == [90, 93])
        #expect(time.steps.filter(\.isOnCriticalPath).map(\.step) == [.bucket])
        #expect(time.betweenStepsSeconds == 5)
    }

    @Test(arguments: [ReleaseCourse.State.live, .failed, .underWay, .held])
    func `is found where all happened in one moment or clocks differ`(_ state: ReleaseCourse.State) {
        let rows = Step.allCases.map { Self.did($0, 0, 0) }
        let time = Self.time(state, until: state == .underWay ? nil : 0, rows, now: -5)
        #expect(time.elapsedSeconds == 0)
        #expect(time.betweenStepsSeconds == 0)
        let path = time.steps.filter(\.isOnCriticalPath).map(\.step)
        #expect(path.suffix(4) == [.commit, .application, .sync, .health])
    }
}
