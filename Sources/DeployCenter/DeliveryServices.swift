import Application
import EventSourcing
import Logging
import Metrics
import PostgresLeases
import ServiceLifecycle

/// Looks at all applications in Argo CD every so often, one replica at a time, and sooner where something will have held for long enough.
///
/// It does not listen to Argo CD's stream: what counts must hold for a while, which only looking again can tell.
struct DeliveryWatching: Service {
    let watch: DeliveryWatch
    let leases: PostgresLeases
    let interval: Duration
    let now: @Sendable () -> Timestamp
    let logger: Logger

    static let lease = "delivery-watch"
    /// Things that ripen one after the other do not make a look each.
    private static let pauseMin = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await leases.whileHeld(Self.lease) { _ in
                var memory = DeliveryWatch.Memory()
                var pause = interval
                // Sleeping fails only when cancelled, which ends the turn.
                while (try? await ContinuousClock().sleep(for: pause)) != nil {
                    let ripensAt = await look(&memory)
                    pause = min(interval, max(Self.pauseMin, ripensAt.map { $0 - now() } ?? interval))
                }
            }
        }
    }

    /// Answers when it is worth while to look again.
    private func look(_ memory: inout DeliveryWatch.Memory) async -> Timestamp? {
        do throws(DeliveryWatch.Failure) {
            let report = try await watch.look(&memory)
            for (deployment, event) in report.noted {
                logger.notice("condition noted", metadata: ["deployment": "\(deployment)", "event": "\(event)"])
            }
            for (application, why) in report.missed {
                logger.warning(
                    "an application could not be looked at",
                    metadata: ["application": "\(application)", "error": "\(why)"])
            }
            Gauge(label: "deploycenter_delivery_watch_failed").record(0)
            Gauge(label: "deploycenter_delivery_watch_applications").record(report.applications)
            Gauge(label: "deploycenter_delivery_watch_missed").record(report.missed.count)
            return report.ripensAt
        } catch {
            if Task.isCancelled { return nil }
            Gauge(label: "deploycenter_delivery_watch_failed").record(1)
            logger.warning("the applications could not be looked at", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
