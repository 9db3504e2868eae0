import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A step that fails` {
    /// A first release up to the beginning of the step.
    private func reached(_ step: Step) -> [DeploymentEvent] {
        Past.provisioning + Past.did(Array(Step.allCases.prefix { $0 != step })) + [Past.started(step)]
    }

    @Test(arguments: Step.allCases.dropFirst())
    func `fails the release`(_ step: Step) {
        given(Deployment.self, reached(step)).when(.recordFailure(Past.failure(step))).then(Past.failed(step))
        #expect(Deployment.fold(reached(step) + Past.failed(step)).phase == .compensating(cancelled: false))
    }

    @Test func `before anything was made ends the release at once`() {
        given(Deployment.self, reached(.render)).when(.recordFailure(Past.failure(.render)))
            .then(Past.failed(.render) + [.compensated(.init(number: 1))])
    }

    @Test(arguments: [
        (Step.accessPoint, [Step.accessPoint]), (.bucket, [.bucket, .accessPoint]),
        (.name, [.name, .bucket, .accessPoint]), (.commit, [.commit, .name, .bucket, .accessPoint]),
        (.application, [.application, .commit, .name, .bucket, .accessPoint]),
        (.sync, [.application, .commit, .name, .bucket, .accessPoint]),
        (.health, [.application, .commit, .name, .bucket, .accessPoint]),
    ])
    func `has everything taken back in reverse order, itself included, as it may have done half`(
        _ step: Step, _ plan: [Step]
    ) {
        var history = reached(step) + Past.failed(step)
        #expect(Deployment.fold(history).undoPlan == plan)
        for undo in plan {
            #expect(Deployment.fold(history).nextUndo == undo)
            given(Deployment.self, history).when(.startUndo(undo, release: 1)).then(Past.undoing(undo))
            history.append(Past.undoing(undo))
            let end: [DeploymentEvent] = undo == plan.last ? [.compensated(.init(number: 1))] : []
            given(Deployment.self, history).when(.recordUndone(Past.proof(undo)))
                .then([.undone(Past.proof(undo))] + end)
            history += [.undone(Past.proof(undo))] + end
        }
        let after = Deployment.fold(history)
        #expect(after.phase == .failed)
        #expect(after.resources == Deployment.State().resources)
    }

    @Test func `told again changes nothing`() {
        given(Deployment.self, Past.compensating).when(.recordFailure(Past.failure(.bucket))).thenNothing()
    }

    @Test func `of another release, or that nobody began, is no news`() {
        given(Deployment.self, Past.changing + [Past.started(.render, 2)]).when(.recordFailure(Past.failure(.render)))
            .thenNothing()
        given(Deployment.self, Past.provisioning).when(.recordFailure(Past.failure(.bucket))).thenNothing()
    }
}

@Suite struct `A failure while another step is at work` {
    private let waiting =
        Past.provisioning + Past.did([.accessPoint]) + [Past.started(.bucket), Past.started(.name)]
        + Past.failed(.bucket)

    @Test func `waits: nothing is taken back yet`() {
        let state = Deployment.fold(waiting)
        #expect(state.runningSteps == [.name])
        #expect(state.nextUndo == nil)
        for step in [Step.name, .bucket, .accessPoint] {
            given(Deployment.self, waiting).when(.startUndo(step, release: 1)).thenRejected(.stepNotWanted(step))
        }
    }

    @Test func `goes on when the other step was given up, which is taken back too`() {
        given(Deployment.self, waiting).when(.abandonStep(.name, release: 1))
            .then(.stepAbandoned(.init(number: 1, step: .name)))
        let state = Deployment.fold(waiting + [.stepAbandoned(.init(number: 1, step: .name))])
        #expect(state.undoPlan == [.name, .bucket, .accessPoint])
        #expect(state.nextUndo == .name)
    }

    @Test func `goes on when the other step failed as well, without failing the release twice`() {
        given(Deployment.self, waiting).when(.recordFailure(Past.failure(.name))).then(.stepFailed(Past.failure(.name)))
        #expect(Deployment.fold(waiting + [.stepFailed(Past.failure(.name))]).nextUndo == .name)
    }

    @Test func `takes back nothing that was never begun`() {
        given(Deployment.self, waiting).when(.startStep(.render, release: 1)).thenRejected(.stepNotWanted(.render))
        #expect(!Deployment.fold(waiting).undoPlan.contains(.commit))
    }
}

@Suite struct `Giving a step up` {
    private let abandon = Deployment.Command.abandonStep(.bucket, release: 1)
    private let begun = Past.provisioning + [Past.started(.bucket)]

    @Test func `that left nothing behind ends the release`() {
        let waiting = Past.provisioning + [Past.started(.render), Past.cancelled()]
        given(Deployment.self, waiting).when(.abandonStep(.render, release: 1))
            .then(.stepAbandoned(.init(number: 1, step: .render)), .compensated(.init(number: 1)))
    }

    @Test func `is no news while its release is wanted`() {
        given(Deployment.self, begun).when(abandon).thenNothing()
    }

    @Test func `told again, or of another release, changes nothing`() {
        let abandoned = begun + [Past.cancelled(), .stepAbandoned(.init(number: 1, step: .bucket))]
        given(Deployment.self, abandoned).when(abandon).thenNothing()
        given(Deployment.self, begun + [Past.cancelled()]).when(.abandonStep(.bucket, release: 2)).thenNothing()
    }
}

@Suite struct `Taking a step back` {
    private let undoing = Past.compensating + [Past.undoing(.bucket)]

    @Test func `begun again after a crash changes nothing`() {
        given(Deployment.self, undoing).when(.startUndo(.bucket, release: 1)).thenNothing()
    }

    @Test func `is refused out of order`() {
        let both = Past.provisioning + Past.did([.accessPoint, .bucket]) + [Past.cancelled()]
        given(Deployment.self, both).when(.startUndo(.accessPoint, release: 1))
            .thenRejected(.stepNotWanted(.accessPoint))
    }

    @Test(arguments: [Past.provisioning, Past.live, Past.failedFirst, Past.incomplete, []])
    func `is refused while nothing is being taken back`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(.startUndo(.bucket, release: 1)).thenRejected(.stepNotWanted(.bucket))
    }

    @Test func `is refused for another release`() {
        given(Deployment.self, Past.compensating).when(.startUndo(.bucket, release: 2))
            .thenRejected(.stepNotWanted(.bucket))
    }

    @Test func `is no news when told again, for another release, or before it was begun`() {
        given(Deployment.self, Past.failedFirst).when(.recordUndone(Past.proof(.bucket))).thenNothing()
        given(Deployment.self, undoing).when(.recordUndone(Past.proof(.bucket, 2))).thenNothing()
        given(Deployment.self, Past.compensating).when(.recordUndone(Past.proof(.bucket))).thenNothing()
        given(Deployment.self, Past.compensating).when(.recordUndoFailure(Past.failure(.bucket))).thenNothing()
    }

    @Test func `that fails leaves the compensation incomplete, saying what remains`() {
        given(Deployment.self, undoing).when(.recordUndoFailure(Past.failure(.bucket)))
            .then(
                .undoFailed(Past.failure(.bucket)), .compensationIncomplete(.init(number: 1, remaining: [.bucket])))
        given(Deployment.self, Past.incomplete).when(.recordUndoFailure(Past.failure(.bucket))).thenNothing()
    }

    @Test func `that failed is tried again after a retry, and what is done stays done`() {
        let all = Past.provisioning + Past.did([.accessPoint, .bucket, .name]) + [Past.cancelled()]
        let incomplete =
            all + Past.undid([.name]) + [
                Past.undoing(.bucket), .undoFailed(Past.failure(.bucket)),
                .compensationIncomplete(.init(number: 1, remaining: [.bucket, .accessPoint])),
            ]
        given(Deployment.self, incomplete).when(.startUndo(.bucket, release: 1)).thenRejected(.stepNotWanted(.bucket))
        let retried = incomplete + [.compensationRetried(.init(number: 1, requestedBy: "ana"))]
        #expect(Deployment.fold(retried).nextUndo == .bucket)
        let rest = retried + Past.undid([.bucket]) + [Past.undoing(.accessPoint)]
        given(Deployment.self, rest).when(.recordUndone(Past.proof(.accessPoint)))
            .then(.undone(Past.proof(.accessPoint)), .compensated(.init(number: 1)))
    }
}
