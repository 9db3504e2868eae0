import Domain
import EventSourcing
import ProcessManagers
import TestSupport
import Testing

@Suite struct `An effect keeps busy` {
    private func target(_ effect: DeploymentEffect, after history: [DeploymentEvent] = Past.live) -> EffectTarget {
        EffectTarget(of: effect, in: Deployment.fold(history))
    }

    @Test(arguments: Step.allCases)
    func `the same system in doing a step and in taking it back`(_ step: Step) {
        #expect(DeploymentEffect.perform(step, release: 1).system == DeploymentEffect.undo(step, release: 1).system)
    }

    @Test func `nobody when it is a timer or a rendering`() {
        #expect(target(.watchDeadline(release: 1, seconds: 60)).circuit == "none")
        #expect(target(.perform(.render, release: 1)).circuit == "none")
    }

    @Test func `a region where AWS has regions, a cluster behind Argo CD, and else the whole system`() {
        #expect(target(.perform(.accessPoint, release: 1)).circuit == "aws_efs/eu-central-1")
        #expect(target(.undo(.bucket, release: 1)).circuit == "aws_s3/eu-central-1")
        #expect(target(.perform(.name, release: 1)).circuit == "aws_route53")
        #expect(target(.perform(.commit, release: 1)).circuit == "github")
        #expect(target(.perform(.health, release: 1)).circuit == "argocd/frankfurt")
    }

    @Test func `the cluster and the customer of its release, also while all is taken down`() {
        for history in [Past.provisioning, Past.live + [Past.ending(removeData: false)]] {
            let target = target(.undo(.application, release: 1), after: history)
            #expect(target.cluster == "frankfurt" && target.customer == "akme")
        }
    }
}
