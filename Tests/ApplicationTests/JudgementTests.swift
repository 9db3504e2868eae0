import Application
import EventSourcing
import Testing

@Suite struct `Judging a sync` {
    @Test func `an application that was never synced has not started`() {
        #expect(SyncJudgement(.seen(operation: nil), commit: "c1") == .notStarted)
    }

    @Test func `our own sync to another revision is in the way, until it is ending`() {
        let running = ApplicationObservation.seen(
            operation: .init(
                phase: "Running", message: "", revision: "c0", startedAt: nil, finishedAt: nil, deployment: "d"))
        #expect(SyncJudgement(running, commit: "c1", deployment: "d") == .obstructed(by: "c0"))
        let ending = ApplicationObservation.seen(operation: .phase("Terminating", revision: "c0", message: "bye"))
        #expect(SyncJudgement(ending, commit: "c1") == .underWay("sync Terminating: bye"))
    }

    @Test func `somebody else's sync is waited for, but not for ever`() {
        let running = ApplicationObservation.seen(
            operation: .init(
                phase: "Running", message: "", revision: "c0", startedAt: Timestamp(microseconds: 0), finishedAt: nil))
        func judged(after seconds: Int64) -> SyncJudgement {
            SyncJudgement(
                running, commit: "c1", deployment: "d", now: Timestamp(microseconds: seconds * 1_000_000))
        }
        #expect(
            judged(after: 119)
                == .underWay("another operation is in progress: a sync to c0 that somebody else began"))
        #expect(judged(after: 120) == .obstructed(by: "c0"))
    }

    @Test func `a sync to our revision, or to one not known yet, is waited for`() {
        let unknown = ApplicationObservation.seen(operation: .phase("Running", revision: nil, message: "waiting"))
        #expect(SyncJudgement(unknown, commit: "c1") == .underWay("sync Running: waiting"))
        let seen = ApplicationObservation.seen(operation: .phase("Running", revision: "c1", message: "waiting"))
        #expect(SyncJudgement(seen, commit: "c1") == .underWay("sync Running: waiting"))
    }

    @Test func `an operation that succeeded at another revision says nothing about ours`() {
        #expect(SyncJudgement(.seen(operation: .phase("Succeeded", revision: "c0")), commit: "c1") == .notStarted)
    }

    @Test func `an operation that succeeded at our revision has reached it`() {
        #expect(SyncJudgement(.seen(operation: .phase("Succeeded", revision: "c1")), commit: "c1") == .reached)
    }

    @Test(arguments: ["Failed", "Error"])
    func `an operation that failed at our revision has failed`(phase: String) {
        let seen = ApplicationObservation.seen(operation: .phase(phase, revision: "c1", message: "no such kind"))
        #expect(SyncJudgement(seen, commit: "c1") == .failed("sync \(phase): no such kind"))
    }
}

@Suite struct `Judging health` {
    let second: Int64 = 1_000_000

    func judge(
        _ seen: ApplicationObservation, healthySince: Timestamp? = nil, nowSeconds: Int64 = 100
    ) -> HealthJudgement {
        HealthJudgement(
            seen, commit: "c1", healthySince: healthySince, now: Timestamp(microseconds: nowSeconds * second),
            stableSeconds: 10)
    }

    @Test func `healthy before our sync ended is not yet live`() {
        let finished = Timestamp(microseconds: 50 * second)
        let seen = ApplicationObservation.seen(
            operation: .phase("Succeeded", revision: "c1", finishedAt: finished),
            reconciledAt: Timestamp(microseconds: 49 * second))
        #expect(judge(seen) == .notYet("healthy, but not compared again since the sync ended"))
    }

    @Test func `others' commits move the branch on, and take nothing from ours`() {
        let seen = ApplicationObservation.seen(
            syncRevision: "c2", operation: .phase("Succeeded", revision: "c1"))
        #expect(judge(seen) == .healthy(since: Timestamp(microseconds: 100 * second)))
    }

    @Test func `the first healthy look starts the clock`() {
        let seen = ApplicationObservation.seen(operation: .phase("Succeeded", revision: "c1"))
        #expect(judge(seen) == .healthy(since: Timestamp(microseconds: 100 * second)))
    }

    @Test func `nine seconds are not stable, ten are`() {
        let seen = ApplicationObservation.seen(operation: .phase("Succeeded", revision: "c1"))
        let since = Timestamp(microseconds: 100 * second)
        #expect(judge(seen, healthySince: since, nowSeconds: 109) == .healthy(since: since))
        #expect(judge(seen, healthySince: since, nowSeconds: 110) == .stable(seconds: 10))
    }

    @Test func `falling ill names the culprit`() {
        let seen = ApplicationObservation.seen(
            health: "Degraded", operation: .phase("Succeeded", revision: "c1"),
            unhealthyResources: ["Deployment/odoo: ImagePullBackOff"])
        #expect(judge(seen) == .notYet("Degraded: Deployment/odoo: ImagePullBackOff"))
    }

    @Test func `a present error is never covered by a good state`() {
        let seen = ApplicationObservation.seen(
            operation: .phase("Succeeded", revision: "c1"), errors: ["ComparisonError: bad manifest"])
        #expect(judge(seen) == .broken("ComparisonError: bad manifest"))
    }
}

extension ApplicationObservation {
    static func seen(
        syncRevision: String = "c1", health: String = "Healthy", operation: Operation?, errors: [String] = [],
        unhealthyResources: [String] = [], reconciledAt: Timestamp? = nil
    ) -> ApplicationObservation {
        ApplicationObservation(
            syncStatus: "Synced", syncRevision: syncRevision, health: health, healthMessage: nil, operation: operation,
            errors: errors, unhealthyResources: unhealthyResources, reconciledAt: reconciledAt)
    }
}

extension ApplicationObservation.Operation {
    static func phase(
        _ phase: String, revision: String?, message: String = "", finishedAt: Timestamp? = nil
    ) -> ApplicationObservation.Operation {
        .init(phase: phase, message: message, revision: revision, startedAt: nil, finishedAt: finishedAt)
    }
}
