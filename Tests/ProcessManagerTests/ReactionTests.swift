import Domain
import EventSourcing
import ProcessManagers
import TestSupport
import Testing

@Suite struct `What follows from a deployment's facts` {
    /// What the process names after the last of these facts.
    private func effects(_ history: [DeploymentEvent]) throws -> [DeploymentEffect] {
        DeploymentProcess.react(to: try #require(history.last), in: Deployment.fold(history))
    }

    private let parallel: [Step] = [.render, .accessPoint, .bucket, .name]

    @Test func `a request begins everything that waits for nothing, and the clock`() throws {
        #expect(
            try effects(Past.provisioning) == [
                .perform(.render, release: 1), .perform(.accessPoint, release: 1), .perform(.bucket, release: 1),
                .perform(.name, release: 1), .watchDeadline(release: 1, seconds: 60),
            ])
    }

    @Test func `a release that waits for approval has nothing but the end of its time to wait for`() throws {
        let waiting = [Past.awaiting()]
        #expect(try effects(waiting) == [.expireApproval(release: 1, seconds: 3600)])
        let approved = waiting + [.approved(.init(number: 1, digest: "sha256:0", approvedBy: "bo", reason: "fine"))]
        #expect(try effects(approved) == [])
        #expect(try effects(approved + [Past.requested()]) == effects(Past.provisioning))
        for end: DeploymentEvent in [
            .rejected(.init(number: 1, rejectedBy: "bo", reason: "no")), .approvalExpired(.init(number: 1)),
            .approvalWithdrawn(.init(number: 1, withdrawnBy: "ana", reason: "a typo")),
        ] {
            #expect(try effects(waiting + [end]) == [])
        }
    }

    @Test func `a change begins only what is not there yet`() throws {
        #expect(
            try effects(Past.changing) == [.perform(.render, release: 2), .watchDeadline(release: 2, seconds: 60)])
    }

    @Test(arguments: [Step.render, .accessPoint, .bucket, .name])
    func `the commit follows from the last of the parallel steps, and only from it`(_ last: Step) throws {
        var history = Past.provisioning
        for step in parallel where step != last {
            history += Past.did([step])
            #expect(try effects(history) == [])
        }
        #expect(try effects(history + Past.did([last])) == [.perform(.commit, release: 1)])
    }

    @Test(arguments: [(Step.commit, Step.application), (.application, .sync), (.sync, .health)])
    func `each later step follows from the one before`(_ done: Step, _ next: Step) throws {
        let steps = Array(Step.allCases.prefix { $0 != next })
        #expect(try effects(Past.provisioning + Past.did(steps)) == [.perform(next, release: 1)])
    }

    @Test func `nothing follows from health but a live release`() throws {
        #expect(try effects(Past.provisioning + Past.did(Step.allCases)) == [])
        #expect(try effects(Past.live) == [])
    }

    @Test func `the first removal follows from a failure`() throws {
        #expect(try effects(Past.compensating) == [.undo(.bucket, release: 1)])
        #expect(try effects(Array(Past.compensating.dropLast())) == [], "not from the step's failure alone")
    }

    @Test func `nothing follows from a failure while another step is at work`() throws {
        let waiting = Past.provisioning + [Past.started(.bucket), Past.started(.name)] + Past.failed(.bucket)
        #expect(try effects(waiting) == [])
        #expect(try effects(waiting + [Past.succeeded(.name)]) == [.undo(.name, release: 1)])
        #expect(try effects(waiting + [.stepFailed(Past.failure(.name))]) == [.undo(.name, release: 1)])
        #expect(
            try effects(waiting + [.stepAbandoned(.init(number: 1, step: .name))]) == [.undo(.name, release: 1)])
    }

    @Test func `no step follows from a result after the release failed`() throws {
        let waiting =
            Past.provisioning + Past.did([.accessPoint, .bucket, .name])
            + [Past.started(.render), Past.cancelled(), Past.succeeded(.render)]
        #expect(try effects(waiting) == [.undo(.name, release: 1)])
    }

    @Test func `a cancellation or a deadline takes back what was made`() throws {
        #expect(try effects(Past.provisioning + [Past.cancelled()]) == [])
        #expect(
            try effects(Past.provisioning + Past.did([.bucket]) + [Past.cancelled()]) == [.undo(.bucket, release: 1)])
        let late = DeploymentEvent.failed(.init(number: 1, step: nil, reason: "not live after 1800 s"))
        #expect(try effects(Past.provisioning + Past.did([.bucket]) + [late]) == [.undo(.bucket, release: 1)])
    }

    @Test func `each removal follows from the one before, in reverse order`() throws {
        var history = Past.provisioning + Past.did(Step.allCases.dropLast()) + [Past.cancelled()]
        let order: [Step] = [.application, .commit, .name, .bucket, .accessPoint]
        for step in order {
            #expect(try effects(history) == [.undo(step, release: 1)])
            history += Past.undid([step])
        }
        #expect(try effects(history) == [])
    }

    @Test func `an upgrade that fails restores the files, then the cluster`() throws {
        let broken =
            Past.changing + Past.did([.render, .commit, .application, .sync], 2) + [Past.started(.health, 2)]
            + Past.failed(.health, 2)
        #expect(try effects(broken) == [.undo(.commit, release: 2)])
        #expect(try effects(broken + Past.undid([.commit], 2)) == [.undo(.sync, release: 2)])
    }

    @Test func `nothing follows from a removal that failed, until somebody retries`() throws {
        #expect(try effects(Past.incomplete) == [])
        #expect(try effects(Array(Past.incomplete.dropLast())) == [])
        #expect(
            try effects(Past.incomplete + [.compensationRetried(.init(number: 1, requestedBy: "ana"))]) == [
                .undo(.bucket, release: 1), .watchDeadline(release: 1, seconds: 60),
            ])
    }

    @Test func `a decommission takes the application back first`() throws {
        #expect(
            try effects(Past.decommissioning) == [
                .undo(.application, release: 2), .watchDeadline(release: 2, seconds: 60),
            ])
        #expect(try effects(Past.decommissioning + Past.undid([.application], 2)) == [.undo(.commit, release: 2)])
        #expect(try effects(Past.decommissioned) == [])
    }

    @Test func `nothing follows from beginnings, attempts and ends`() throws {
        let attempt = AttemptFailed(number: 1, step: .bucket, attempt: 1, reason: "503")
        #expect(try effects(Past.provisioning + [Past.started(.bucket)]) == [])
        #expect(try effects(Past.provisioning + [Past.started(.bucket), .attemptFailed(attempt)]) == [])
        #expect(try effects(Past.compensating + [Past.undoing(.bucket)]) == [])
        #expect(try effects(Past.compensating + [Past.undoing(.bucket), .undoAttemptFailed(attempt)]) == [])
        #expect(try effects(Past.failedFirst) == [])
        #expect(try effects(Past.cancelledFirst) == [])
    }

    @Test func `nothing is taken back of a release that is held, and its failed steps begin again when it is resumed`()
        throws
    {
        let held =
            Past.keeping + Past.did([.accessPoint]) + [Past.started(.bucket), Past.started(.name)] + Past.held(.bucket)
        #expect(try effects(held) == [])
        #expect(try effects(held + [Past.succeeded(.name)]) == [])
        #expect(
            try effects(held + [Past.resumed([.bucket])]) == [
                .perform(.bucket, release: 1), .watchDeadline(release: 1, seconds: 60),
            ])
    }

    @Test func `a step that becomes ready while the release is held is named, so that a resumption finds it`() throws {
        let late =
            Past.keeping + Past.did([.render, .accessPoint, .bucket, .name]) + [Past.started(.commit), Past.late]
        #expect(try effects(late + [Past.succeeded(.commit)]) == [.perform(.application, release: 1)])
    }
}
