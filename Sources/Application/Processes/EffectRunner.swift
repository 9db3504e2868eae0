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
    /// How long a release that failed is kept as it is, where that was asked for.
    let holdSeconds: Int
    let logger: Logger
    let known = KnownDeployments()

    /// A row that this build cannot do waits so long before any build tries it.
    static let parkedSeconds = 60

    package init(
        events: any EventStore, effects: any EffectStore, execution: StepExecution, surroundings: Surroundings,
        patience: Patience = .standard, leaseSeconds: Int, holdSeconds: Int = Deadlines.holdSeconds, logger: Logger
    ) {
        self.events = events
        self.effects = effects
        self.execution = execution
        self.surroundings = surroundings
        self.patience = patience
        self.lease = .seconds(leaseSeconds)
        self.holdSeconds = holdSeconds
        self.logger = logger
    }

    /// `claimedAt` is the time at which the lease began. Answers how long it is until the row is due again, where that is known.
    @discardableResult
    package func run(_ claimed: ClaimedEffect, claimedAt: Timestamp) async -> Duration? {
        do throws(EventStoreError) {
            guard let effect = DeploymentEffect(payload: claimed.payload) else {
                await park(claimed, because: "this build does not know the effect: deploy a newer one")
                return nil
            }
            let work = EffectWork(runner: self, claimed: claimed, claimedAt: claimedAt)
            let begun = surroundings.now()
            defer {
                Timer(label: "effect.duration", dimensions: [("effect", effect.label)])
                    .recordNanoseconds((surroundings.now().microseconds - begun.microseconds) * 1000)
            }
            switch effect {
            case .perform(let step, let release):
                try await work.perform(step, release: release)
                note(work.overhead, of: effect)
            case .undo(let step, let release):
                try await work.undo(step, release: release)
                note(work.overhead, of: effect)
            case .watchDeadline(let release, _): try await work.watch(release: release)
            case .expireApproval(let release, _): try await work.finish(with: .approvalTimedOut(release: release))
            case .removeData(let removal, _): try await work.removeData(removal)
            }
            return work.wait
        } catch .leaseLost {
            logger.notice("an effect was taken over", metadata: ["effect.id": "\(claimed.lease.effectID)"])
        } catch .cancelled {
            return nil
        } catch .unreadable(let event, let position) {
            await park(claimed, because: "the event at position \(position): \(event)")
        } catch {
            // The row stays leased until its lease ends, and is then tried again.
            logger.error(
                "an effect could not be recorded",
                metadata: ["effect.id": "\(claimed.lease.effectID)", "error": "\(error)"])
        }
        return nil
    }

    private func note(_ overhead: Duration, of effect: DeploymentEffect) {
        Timer(label: "effect.overhead", dimensions: [("effect", effect.label)]).record(duration: overhead)
    }

    /// Leaves a row to a newer build, visibly; the deployment's other rows meet the same or go on.
    private func park(_ claimed: ClaimedEffect, because reason: String) async {
        let id = claimed.lease.effectID
        logger.error("this build cannot do an effect", metadata: ["effect.id": "\(id)", "reason": "\(reason)"])
        do throws(EventStoreError) {
            let now = surroundings.now()
            try await effects.postpone(
                claimed.lease,
                Postponement(
                    at: now, due: now + .seconds(Self.parkedSeconds), failures: claimed.failures,
                    continuation: claimed.continuation, reason: reason, isParked: true))
        } catch {
            logger.error("an effect could not be parked", metadata: ["effect.id": "\(id)", "error": "\(error)"])
        }
    }
}
