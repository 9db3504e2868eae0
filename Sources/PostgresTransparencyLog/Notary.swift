package import Application
package import EventSourcing
package import Logging
import Metrics
package import Postgres
package import PostgresLeases
import ServiceLifecycle

/// Signs what the log holds: one process at a time recomputes what was stored, extends the tree and signs a checkpoint, at most
/// `interval` after an event. It stops, for everyone to see, at an event that is not what was appended.
package struct Notary: Service {
    private let pool: PostgresPool
    private let leases: PostgresLeases
    private let signing: CheckpointSigning
    private let wakeUps: @Sendable () -> AsyncStream<Void>
    private let witnesses: [any CheckpointWitness]
    private let logger: Logger
    private let interval: Duration
    private let witnessInterval: Duration

    package static let lease = "notary"
    /// Signing waits that long for witnesses when it begins.
    private static let witnessTimeout: Duration = .seconds(10)
    /// After a witness did not answer, or stood against the log.
    private static let retryInterval: Duration = .seconds(30)

    /// - Parameters:
    ///   - keys: with at least one signer.
    ///   - wakeUps: yields when there may be new events; a hint only, for the log is looked at every `interval` too.
    ///   - interval: between two checkpoints, if there are events all the time.
    ///   - witnessInterval: between two publications, which may be commits that people see.
    ///   - batchMax: events in one transaction.
    package init(
        pool: PostgresPool, leases: PostgresLeases, keys: AuditKeys,
        wakeUps: @escaping @Sendable () -> AsyncStream<Void>,
        witnesses: [any CheckpointWitness] = [], logger: Logger, now: @escaping @Sendable () -> Timestamp,
        interval: Duration = .seconds(2), witnessInterval: Duration = .seconds(300), batchMax: Int64 = 8_192
    ) {
        self.pool = pool
        self.leases = leases
        signing = CheckpointSigning(keys: keys, now: now, batchMax: batchMax, memory: NotaryMemory())
        self.wakeUps = wakeUps
        self.witnesses = witnesses
        self.logger = logger
        self.interval = interval
        self.witnessInterval = witnessInterval
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await leases.whileHeld(Self.lease) { lease in
                await compareWithWitnesses()
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await sign(under: lease) }
                    group.addTask { await publish() }
                    // Signing ends when the lease is lost: then publishing does too.
                    await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    // MARK: Signing

    /// Until the lease is lost or the task cancelled.
    private func sign(under lease: Lease) async {
        let (hints, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        bell.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in wakeUps() { bell.yield() } }
            group.addTask {
                // Sleeping fails only when cancelled, which ends the loop.
                while (try? await ContinuousClock().sleep(for: interval)) != nil { bell.yield() }
                bell.finish()
            }
            await sign(under: lease, at: hints)
            group.cancelAll()
        }
    }

    private func sign(under lease: Lease, at hints: AsyncStream<Void>) async {
        var hasAlarm: Bool?
        for await _ in hints {
            guard let outcome = await catchUp(under: lease, &hasAlarm) else { return }
            guard outcome == .signed else { continue }
            // What comes meanwhile shares the next checkpoint.
            guard (try? await ContinuousClock().sleep(for: interval)) != nil else { return }
        }
    }

    private enum Outcome {
        case signed
        case idle
    }

    /// Signs until nothing is left to sign; nil once the lease is lost.
    private func catchUp(under lease: Lease, _ hasAlarm: inout Bool?) async -> Outcome? {
        var outcome = Outcome.idle
        do {
            while true {
                let step = try await pool.withTransaction { connection -> CheckpointSigning.Step? in
                    guard try await connection.holds(lease) else { return nil }
                    return try await signing.step(on: connection)
                }
                guard let step else { return nil }
                signing.memory.saw(step.tree)
                if hasAlarm != false {
                    try await pool.query(Statement.endAlarm)
                    hasAlarm = false
                }
                report(step)
                if step.signed != nil { outcome = .signed }
                guard step.isBehind else { return outcome }
                try Task.checkCancellation()
            }
        } catch let alarm as NotaryAlarm {
            await raise(alarm.finding, isNew: hasAlarm != true)
            hasAlarm = true
        } catch {
            if Task.isCancelled { return nil }
            logger.warning("checkpoint not signed", metadata: ["error": "\(error)"])
        }
        return outcome
    }

    private func report(_ step: CheckpointSigning.Step) {
        Gauge(label: "deploycenter_audit_alarm").record(0)
        Gauge(label: "deploycenter_audit_tree_size").record(step.treeSize)
        Gauge(label: "deploycenter_audit_lag_events").record(step.head - step.treeSize)
        guard let signed = step.signed else { return }
        logger.debug(
            "checkpoint signed", metadata: ["audit.tree_size": "\(signed.treeSize)", "audit.root": "\(signed.root)"])
    }

    private func raise(_ finding: AuditFinding, isNew: Bool) async {
        Gauge(label: "deploycenter_audit_alarm").record(1)
        if isNew {
            logger.critical(
                "the log is not what was appended: nothing is signed any more",
                metadata: [
                    "audit.finding": "\(finding.kind.rawValue)", "audit.position": "\(finding.position)",
                    "audit.detail": "\(finding.detail)",
                ])
        }
        do throws(PostgresError) {
            try await pool.query(
                Statement.raiseAlarm,
                [.text(finding.kind.rawValue), .int8(finding.position), .text(finding.detail)])
        } catch {
            logger.warning("audit alarm not recorded", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Witnesses

    /// Before anything is signed; one that does not answer in time is compared when it does.
    private func compareWithWitnesses() async {
        guard !witnesses.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { all in
                    for witness in witnesses {
                        all.addTask {
                            do {
                                try await publication.compare(with: witness)
                            } catch { warn("witness not asked", witness, error) }
                        }
                    }
                }
            }
            // Sleeping fails only when cancelled, and then the other child has answered.
            group.addTask { try? await ContinuousClock().sleep(for: Self.witnessTimeout) }
            await group.next()
            group.cancelAll()
        }
    }

    private func publish() async {
        repeat {
            var isDone = true
            for witness in witnesses where !(await publish(to: witness)) { isDone = false }
            // Sleeping fails only when cancelled, which the loop sees.
            try? await ContinuousClock().sleep(for: isDone ? witnessInterval : min(witnessInterval, Self.retryInterval))
        } while !Task.isCancelled
    }

    /// Answers whether it need not be tried again soon.
    private func publish(to witness: any CheckpointWitness) async -> Bool {
        do {
            switch try await publication.run(to: witness) {
            case .published(let size):
                logger.debug(
                    "checkpoint witnessed",
                    metadata: ["audit.witness": "\(witness.name)", "audit.tree_size": "\(size)"])
                return true
            case .nothingNew: return true
            // Whoever signs sees it too, and says so.
            case .disagrees: return false
            }
        } catch {
            warn("checkpoint not witnessed", witness, error)
            return false
        }
    }

    private func warn(_ what: Logger.Message, _ witness: any CheckpointWitness, _ error: any Error) {
        if Task.isCancelled { return }
        logger.warning(what, metadata: ["audit.witness": "\(witness.name)", "error": "\(error)"])
    }

    private var publication: Publication {
        Publication(pool: pool, reader: CheckpointReader(keys: signing.keys.verifiers), memory: signing.memory)
    }
}

/// What was stored is not what was appended or signed.
struct NotaryAlarm: Error, Equatable {
    let finding: AuditFinding

    init(_ kind: AuditFinding.Kind, at position: Int64, _ detail: String) {
        finding = AuditFinding(kind, at: position, detail)
    }
}
