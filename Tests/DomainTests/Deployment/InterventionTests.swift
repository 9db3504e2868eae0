import Domain
import TestSupport
import Testing

@Suite struct `An administrator's hand in a deployment` {
    private func intervention(
        _ action: Intervention.Action, _ work: Intervention.Work, _ step: Step?, _ number: Int = 1
    ) -> Intervention {
        Intervention(number: number, effect: "e", action: action, work: work, step: step, reason: "so be it")
    }

    private func failure(_ step: Step) -> StepFailed {
        StepFailed(number: 1, step: step, attempts: 3, reason: "given up by an administrator: so be it")
    }

    @Test func `gives a step up, and the release with it`() {
        let hand = intervention(.cancel, .perform, .bucket)
        given(Deployment.self, Past.provisioning + [Past.started(.bucket)]).when(.intervene(hand, attempts: 3)).then(
            .intervened(hand), .stepFailed(failure(.bucket)),
            .failed(.init(number: 1, step: .bucket, reason: failure(.bucket).reason)))
    }

    @Test func `gives up a step that nobody has begun`() {
        let hand = intervention(.cancel, .perform, .bucket)
        given(Deployment.self, Past.provisioning).when(.intervene(hand, attempts: 3)).then(
            .intervened(hand), Past.started(.bucket), .stepFailed(failure(.bucket)),
            .failed(.init(number: 1, step: .bucket, reason: failure(.bucket).reason)))
    }

    @Test func `gives a removal up, and says what remains`() {
        let hand = intervention(.cancel, .undo, .bucket)
        given(Deployment.self, Past.compensating + [Past.undoing(.bucket)]).when(.intervene(hand, attempts: 3)).then(
            .intervened(hand), .undoFailed(failure(.bucket)),
            .compensationIncomplete(.init(number: 1, remaining: [.bucket])))
    }

    @Test func `answers for a removal that was done by hand`() {
        let hand = intervention(.skip, .undo, .bucket)
        let done = Undone(number: 1, step: .bucket, evidence: "an administrator says so: so be it", commit: nil)
        given(Deployment.self, Past.compensating + [Past.undoing(.bucket)]).when(.intervene(hand, attempts: 3)).then(
            .intervened(hand), .undone(done), .compensated(.init(number: 1)))
    }

    @Test(arguments: Step.allCases) func `cannot make up what a step would have made`(_ step: Step) {
        given(Deployment.self, Past.provisioning).when(.intervene(intervention(.skip, .perform, step), attempts: 0))
            .thenRejected(.resultCannotBeSaid(step))
    }

    @Test(arguments: Intervention.Action.allCases)
    func `is on record for what is not wanted any more, and changes nothing else`(_ action: Intervention.Action) {
        let hand = intervention(action, .undo, .bucket)
        given(Deployment.self, Past.live).when(.intervene(hand, attempts: 3)).then(.intervened(hand))
    }

    @Test func `is on record for a retry and a timer`() {
        for hand in [intervention(.retry, .perform, .commit), intervention(.skip, .timer, nil)] {
            given(Deployment.self, Past.provisioning).when(.intervene(hand, attempts: 3)).then(.intervened(hand))
        }
    }
}
