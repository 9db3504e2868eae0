import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A release that keeps what it made when it fails` {
    private let broken = Past.keeping + Past.did([.accessPoint]) + [Past.started(.bucket), Past.started(.name)]

    @Test func `is held by the first step that fails, while parallel steps end`() {
        given(Deployment.self, broken).when(.recordFailure(Past.failure(.bucket))).then(Past.held(.bucket))
        let held = broken + Past.held(.bucket)
        given(Deployment.self, held).when(.recordResult(Past.result(.name), release: 1)).then(Past.succeeded(.name))
        given(Deployment.self, held).when(.recordFailure(Past.failure(.name))).then(.stepFailed(Past.failure(.name)))
        #expect(Deployment.fold(held).undoPlan == [])
    }

    @Test func `is held when it took too long`() {
        given(Deployment.self, Past.keeping + [Past.started(.health)])
            .when(.deadlinePassed(release: 1, afterSeconds: 1800))
            .then(.held(.init(number: 1, step: nil, reason: "not live after 1800 s; still at work: health")))
    }

    @Test func `has nothing to hold before anything was begun`() {
        given(Deployment.self, Past.keeping).when(.deadlinePassed(release: 1, afterSeconds: 1800)).then(
            .failed(.init(number: 1, step: nil, reason: "not live after 1800 s")), .compensated(.init(number: 1)))
    }

    @Test func `goes on with the failed and the abandoned steps when somebody retries it, under the same number`() {
        let held = broken + Past.held(.bucket) + [.stepAbandoned(.init(number: 1, step: .name))]
        given(Deployment.self, held).when(.retry(by: "ana")).then(Past.resumed([.bucket, .name]))
        let state = Deployment.fold(held + [Past.resumed([.bucket, .name])])
        #expect(state.phase == .provisioning && state.run.steps[.accessPoint] == .succeeded)
        #expect(state.readySteps == [.render, .bucket, .name])
        given(Deployment.self, held + [Past.resumed([.bucket, .name])]).when(.startStep(.bucket, release: 1))
            .then(Past.started(.bucket))
    }

    @Test func `goes live when it is retried and everything had ended well after all`() {
        let late = Past.keeping + Past.did(Step.allCases.dropLast()) + [Past.started(.health), Past.late]
        given(Deployment.self, late + [Past.succeeded(.health)]).when(.retry(by: "ana"))
            .then(Past.resumed([]), .wentLive(.init(number: 1)))
    }

    @Test func `is taken back, steps that wait to be done again too, when somebody cancels it`() {
        let resumed = broken + Past.held(.bucket) + [Past.succeeded(.name), Past.resumed([.bucket])]
        #expect(Deployment.fold(resumed + [Past.cancelled()]).undoPlan == [.name, .bucket, .accessPoint])
        given(Deployment.self, broken + Past.held(.bucket)).when(.cancel(reason: "a typo", by: "ana"))
            .then(Past.cancelled())
    }

    @Test func `is taken back when nobody comes`() {
        given(Deployment.self, broken + Past.held(.bucket) + [Past.succeeded(.name)])
            .when(.holdPassed(release: 1, afterSeconds: 60))
            .then(
                .failed(
                    .init(
                        number: 1, step: nil,
                        reason: "it had failed, and nobody retried or cancelled it within 60 s")))
        given(Deployment.self, broken).when(.holdPassed(release: 1, afterSeconds: 60)).thenNothing()
    }

    @Test func `leaves a step that was about to begin on record as abandoned`() {
        let held = broken + Past.held(.bucket)
        given(Deployment.self, held).when(.startStep(.render, release: 1)).thenRejected(.stepNotWanted(.render))
        given(Deployment.self, held).when(.abandonStep(.render, release: 1))
            .then(.stepAbandoned(.init(number: 1, step: .render)))
    }

    @Test func `makes others wait`() {
        let held = broken + Past.held(.bucket)
        given(Deployment.self, held).when(.change(Past.second, by: "bo")).thenRejected(.releaseHeld(1))
        given(Deployment.self, held).when(.decommission(reason: "gone", by: "bo"))
            .thenRejected(.releaseHeld(1))
    }
}

@Suite struct `A step that nobody reports on` {
    @Test func `fails at its deadline, whether it was begun or not`() {
        let fact = StepFailed(
            number: 1, step: .bucket, attempts: 1, reason: "no end of it was reported within 900 s")
        for history in [Past.provisioning, Past.provisioning + [Past.started(.bucket)]] {
            let outcome = given(Deployment.self, history).when(.stepOverdue(.bucket, release: 1, afterSeconds: 900))
                .outcome
            let events = try? outcome.get()
            #expect(events?.first == .stepFailed(fact))
            #expect(events?.dropFirst().first == .failed(.init(number: 1, step: .bucket, reason: fact.reason)))
        }
    }

    @Test func `fails too when its release has failed, so that nothing waits for it`() {
        let waiting = Past.provisioning + [Past.started(.bucket), Past.started(.name)] + Past.failed(.bucket)
        given(Deployment.self, waiting).when(.stepOverdue(.name, release: 1, afterSeconds: 900)).then(
            .stepFailed(.init(number: 1, step: .name, attempts: 1, reason: "no end of it was reported within 900 s")))
    }

    @Test func `has not failed if it ended, or cannot begin yet`() {
        given(Deployment.self, Past.provisioning + Past.did([.bucket]))
            .when(.stepOverdue(.bucket, release: 1, afterSeconds: 900)).thenNothing()
        given(Deployment.self, Past.provisioning).when(.stepOverdue(.commit, release: 1, afterSeconds: 900))
            .thenNothing()
    }

    @Test func `leaves the compensation incomplete if it is a removal`() {
        given(Deployment.self, Past.compensating + [Past.undoing(.bucket)])
            .when(.undoOverdue(.bucket, release: 1, afterSeconds: 900)).then(
                .undoFailed(
                    .init(number: 1, step: .bucket, attempts: 1, reason: "no end of it was reported within 900 s")),
                .compensationIncomplete(.init(number: 1, remaining: [.bucket])))
    }
}
