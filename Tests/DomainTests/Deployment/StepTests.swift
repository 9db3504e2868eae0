import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A release that goes well` {
    @Test func `begins with everything that waits for nothing`() {
        #expect(Deployment.fold(Past.provisioning).readySteps == [.render, .accessPoint, .bucket, .name])
    }

    @Test func `takes only the steps that it needs`() {
        let plain = Past.release(domain: nil, accessPoint: false, bucket: false)
        let state = Deployment.fold([Past.requested(1, .first, plain)])
        #expect(state.plannedSteps == [.render, .commit, .application, .sync, .health])
        #expect(state.readySteps == [.render])
    }

    @Test(arguments: [Step.render, .accessPoint, .bucket, .name])
    func `commits only when everything before it is there`(_ last: Step) {
        let others = Step.allCases.filter { $0.prerequisites.isEmpty && $0 != last }
        let history = Past.provisioning + Past.did(others) + [Past.started(last)]
        #expect(Deployment.fold(history).readySteps == [])
        #expect(Deployment.fold(history + [Past.succeeded(last)]).readySteps == [.commit])
    }

    @Test(arguments: zip(Past.afterCommit, Past.afterCommit.dropFirst()))
    func `goes on step by step after the commit`(_ done: Step, _ next: Step) throws {
        let steps = Step.allCases.prefix { $0 != next }
        #expect(steps.last == done)
        #expect(Deployment.fold(Past.provisioning + Past.did(Array(steps))).readySteps == [next])
    }

    @Test func `is live with the health of the application`() {
        let history = Past.provisioning + Past.did(Step.allCases.dropLast()) + [Past.started(.health)]
        given(Deployment.self, history).when(.recordResult(Past.result(.health), release: 1))
            .then(Past.succeeded(.health), .wentLive(.init(number: 1)))
        let live = Deployment.fold(Past.live)
        #expect(live.phase == .live)
        #expect(live.liveRelease == 1)
        #expect(live.provenReleases == [1])
    }

    @Test func `remembers what it made, and with which release`() {
        let made = Deployment.fold(Past.upgraded).resources
        #expect(made.accessPoint?.pair == ["fsap-1", "1"])
        #expect(made.bucket?.pair == ["dc-akme-shop-production", "1"])
        #expect(made.name?.pair == ["shop.akme.example", "1"])
        #expect(made.commit?.pair == ["commit-2", "2"])
        #expect(made.application?.value.name == "akme-shop-production")
        #expect(made.application?.value.project == "customers")
        #expect(made.application?.release == 1)
    }
}

@Suite struct `Beginning a step` {
    @Test(arguments: [Step.render, .accessPoint, .bucket, .name])
    func `is a fact when it is its turn`(_ step: Step) {
        given(Deployment.self, Past.provisioning).when(.startStep(step, release: 1)).then(Past.started(step))
    }

    @Test func `again, after a crash, changes nothing`() {
        given(Deployment.self, Past.provisioning + [Past.started(.bucket)]).when(.startStep(.bucket, release: 1))
            .thenNothing()
    }

    @Test(arguments: [Step.commit, .application, .sync, .health])
    func `is refused before its turn`(_ step: Step) {
        given(Deployment.self, Past.provisioning).when(.startStep(step, release: 1)).thenRejected(.stepNotWanted(step))
    }

    @Test func `is refused once it is done`() {
        given(Deployment.self, Past.provisioning + Past.did([.bucket])).when(.startStep(.bucket, release: 1))
            .thenRejected(.stepNotWanted(.bucket))
    }

    @Test(arguments: [Past.compensating, Past.failedFirst, Past.cancelledFirst, Past.live, Past.decommissioned, []])
    func `is refused once the release has failed or ended`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(.startStep(.name, release: 1)).thenRejected(.stepNotWanted(.name))
    }

    @Test func `is refused for another release than the current one`() {
        given(Deployment.self, Past.changing).when(.startStep(.render, release: 1)).thenRejected(
            .stepNotWanted(.render))
        given(Deployment.self, Past.changing).when(.startStep(.render, release: 3)).thenRejected(
            .stepNotWanted(.render))
    }

    @Test(arguments: [Step.accessPoint, .bucket, .name])
    func `is refused for what an earlier release made`(_ step: Step) {
        given(Deployment.self, Past.changing).when(.startStep(step, release: 2)).thenRejected(.stepNotWanted(step))
    }
}

@Suite struct `A step's result` {
    @Test(arguments: Step.allCases.dropLast())
    func `is a fact`(_ step: Step) {
        let before = Step.allCases.filter { $0.rawValue != step.rawValue && step.mayFollow($0) }
        given(Deployment.self, Past.provisioning + Past.did(before) + [Past.started(step)])
            .when(.recordResult(Past.result(step), release: 1)).then(Past.succeeded(step))
    }

    @Test(arguments: Step.allCases)
    func `told again changes nothing`(_ step: Step) {
        given(Deployment.self, Past.live).when(.recordResult(Past.result(step), release: 1)).thenNothing()
        given(Deployment.self, Past.provisioning + Past.did([step])).when(.recordResult(Past.result(step), release: 1))
            .thenNothing()
    }

    @Test(arguments: Step.allCases)
    func `of a step that nobody began changes nothing`(_ step: Step) {
        given(Deployment.self, Past.provisioning).when(.recordResult(Past.result(step), release: 1)).thenNothing()
    }

    @Test func `of another release changes nothing`() {
        given(Deployment.self, Past.changing + [Past.started(.render, 2)])
            .when(.recordResult(Past.result(.render), release: 1)).thenNothing()
    }

    @Test func `after the release failed is recorded, and then taken back`() {
        let waiting = Past.provisioning + [Past.started(.bucket), Past.started(.name)] + Past.failed(.bucket)
        given(Deployment.self, waiting).when(.recordResult(Past.result(.name), release: 1)).then(Past.succeeded(.name))
        let after = Deployment.fold(waiting + [Past.succeeded(.name)])
        #expect(after.resources.name?.value == "shop.akme.example")
        #expect(after.undoPlan == [.name, .bucket])
        #expect(after.nextUndo == .name)
    }

    @Test func `that leaves nothing behind ends a release that had failed`() {
        let waiting = Past.provisioning + [Past.started(.render), Past.cancelled()]
        given(Deployment.self, waiting).when(.recordResult(Past.result(.render), release: 1))
            .then(Past.succeeded(.render), .compensated(.init(number: 1)))
    }

    @Test func `health after a cancellation does not make it live`() {
        let waiting =
            Past.provisioning + Past.did(Step.allCases.dropLast()) + [Past.started(.health), Past.cancelled()]
        given(Deployment.self, waiting).when(.recordResult(Past.result(.health), release: 1))
            .then(Past.succeeded(.health))
        #expect(Deployment.fold(waiting + [Past.succeeded(.health)]).nextUndo == .application)
    }
}

@Suite struct `An attempt that failed` {
    private func failure(_ attempt: Int, _ number: Int = 1) -> AttemptFailed {
        AttemptFailed(number: number, step: .bucket, attempt: attempt, reason: "503 slow down")
    }

    private let begun = Past.provisioning + [Past.started(.bucket)]

    @Test func `is a fact, each once`() {
        given(Deployment.self, begun).when(.recordAttemptFailure(failure(1))).then(.attemptFailed(failure(1)))
        given(Deployment.self, begun + [.attemptFailed(failure(1))]).when(.recordAttemptFailure(failure(2)))
            .then(.attemptFailed(failure(2)))
        given(Deployment.self, begun + [.attemptFailed(failure(1))]).when(.recordAttemptFailure(failure(1)))
            .thenNothing()
    }

    @Test func `is no news when the step is not running, or not of this release`() {
        given(Deployment.self, Past.provisioning).when(.recordAttemptFailure(failure(1))).thenNothing()
        given(Deployment.self, Past.provisioning + Past.did([.bucket])).when(.recordAttemptFailure(failure(1)))
            .thenNothing()
        given(Deployment.self, begun).when(.recordAttemptFailure(failure(1, 2))).thenNothing()
    }

    @Test func `leaves the step to be tried again`() {
        #expect(Deployment.fold(begun + [.attemptFailed(failure(1))]).runningSteps == [.bucket])
    }

    @Test func `at a removal is a fact, each once, and again after a retry`() {
        let undoing = Past.compensating + [Past.undoing(.bucket)]
        given(Deployment.self, undoing).when(.recordUndoAttemptFailure(failure(1)))
            .then(.undoAttemptFailed(failure(1)))
        given(Deployment.self, undoing + [.undoAttemptFailed(failure(1))]).when(.recordUndoAttemptFailure(failure(1)))
            .thenNothing()
        given(Deployment.self, Past.compensating).when(.recordUndoAttemptFailure(failure(1))).thenNothing()
        let retried =
            undoing + [
                .undoAttemptFailed(failure(1)), .undoFailed(Past.failure(.bucket)),
                .compensationIncomplete(.init(number: 1, remaining: [.bucket])),
                .compensationRetried(.init(number: 1, requestedBy: "ana")), Past.undoing(.bucket),
            ]
        given(Deployment.self, retried).when(.recordUndoAttemptFailure(failure(1))).then(.undoAttemptFailed(failure(1)))
    }
}

extension Step {
    /// Whether `other` comes before this step in a release, directly or not.
    fileprivate func mayFollow(_ other: Step) -> Bool {
        prerequisites.contains(other) || prerequisites.contains { $0.mayFollow(other) }
    }
}
