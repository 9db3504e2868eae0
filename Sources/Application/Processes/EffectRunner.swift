import Domain
package import EventSourcing
package import Logging
import Metrics
package import ProcessManagers

/// Works on one claimed effect: asks the decider whether it is still wanted, does it, and records the result and the end of the
/// row in one transaction.
package struct EffectRunner: Sendable {
    let events: any EventStore
    let effects: any EffectStore
    let execution: StepExecution
    let surroundings: Surroundings
    let patience: Patience
    let lease: Duration
    let logger: Logger
    let known = KnownDeployments()

    /// A row that this build cannot read waits so long for a newer build.
    static let unknownEffectSeconds = 60

    package init(
        events: any EventStore, effects: any EffectStore, execution: StepExecution, surroundings: Surroundings,
        patience: Patience = .standard, leaseSeconds: Int, logger: Logger
    ) {
        self.events = events
        self.effects = effects
        self.execution = execution
        self.surroundings = surroundings
        self.patience = patience
        self.lease = .seconds(leaseSeconds)
        self.logger = logger
    }

    /// `claimedAt` is the time at which the lease began.
    package func run(_ claimed: ClaimedEffect, claimedAt: Timestamp) async {
        do throws(EventStoreError) {
            guard let effect = DeploymentEffect(payload: claimed.payload) else {
                return try await leaveUnknown(claimed)
            }
            let work = EffectWork(runner: self, claimed: claimed, claimedAt: claimedAt)
            let begun = surroundings.now()
            defer {
                Timer(label: "effect.duration", dimensions: [("effect", effect.label)])
                    .recordNanoseconds((surroundings.now().microseconds - begun.microseconds) * 1000)
            }
            switch effect {
            case .perform(let step, let release): try await work.perform(step, release: release)
            case .undo(let step, let release): try await work.undo(step, release: release)
            case .watchDeadline(let release, let seconds):
                try await work.finish(with: .deadlinePassed(release: release, afterSeconds: seconds))
            case .expireApproval(let release, _): try await work.finish(with: .approvalTimedOut(release: release))
            }
        } catch .leaseLost {
            logger.notice("an effect was taken over", metadata: ["effect.id": "\(claimed.lease.effectID)"])
        } catch .cancelled {
            return
        } catch {
            // The row stays leased until its lease ends, and is then tried again.
            logger.error(
                "an effect could not be recorded",
                metadata: ["effect.id": "\(claimed.lease.effectID)", "error": "\(error)"])
        }
    }

    private func leaveUnknown(_ claimed: ClaimedEffect) async throws(EventStoreError) {
        logger.error("this build does not know an effect", metadata: ["effect.id": "\(claimed.lease.effectID)"])
        try await effects.postpone(
            claimed.lease,
            Postponement(
                due: surroundings.now() + .seconds(Self.unknownEffectSeconds), failures: claimed.failures,
                continuation: claimed.continuation, reason: "this build does not know the effect: deploy a newer one"))
    }
}
