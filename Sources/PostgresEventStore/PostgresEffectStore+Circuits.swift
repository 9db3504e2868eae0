package import Application
package import EventSourcing
import Postgres
import ProcessManagers

extension PostgresEffectStore {
    package func report(_ report: CircuitReport) async throws(EventStoreError) {
        var (kind, reason, until, inAll) = ("answered", String?.none, Duration?.none, OutsideSystem?.none)
        switch report.finding {
        case .unasked: return try await releaseProbe(report)
        case .answered: break
        case .failed(let why): (kind, reason) = ("failed", why)
        case .throttled(let end, let system, let why):
            (kind, reason, until, inAll) = ("throttled", why, end - report.at, system)
        }
        let parameters: [PostgresValue] = [
            .text(report.circuit), .text(report.effectID), .text(kind), time(report.at),
            .text(reason), until.map(Self.microseconds) ?? .null, .text(inAll?.rawValue),
            .int8(Int64(CircuitPolicy.failuresToOpen)), .int8(Int64(CircuitPolicy.effectsToOpen)),
            .int8(CircuitPolicy.firstProbe.components.seconds), .int8(CircuitPolicy.lastProbe.components.seconds),
        ]
        try await translating { () throws(PostgresError) in
            _ = try await pool.query(Statement.reportCircuit, parameters)
        }
    }

    private func releaseProbe(_ report: CircuitReport) async throws(EventStoreError) {
        try await translating { () throws(PostgresError) in
            _ = try await pool.query(
                Statement.releaseProbe, [.text(report.circuit), .text(report.effectID), time(report.at)])
        }
    }

    package func circuits(at now: Timestamp) async throws(EventStoreError) -> [CircuitStatus] {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.circuits, [time(now)])
                .map { row throws(PostgresError) in try CircuitStatus(row) }
        }
    }
}

extension CircuitStatus {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        func time(_ column: String) throws(PostgresError) -> Timestamp? {
            try row.optionalTimestamptz(.name(column)).map { Timestamp(microseconds: $0) }
        }
        self.init(
            circuit: try row.string("circuit"), system: try row.string("system"), state: try row.string("state"),
            failures: try row.int("failures"), reason: try row.optionalString("reason"),
            changedAt: try time("changed_at"), probeAt: try time("probe_at"),
            throttledUntil: try time("throttled_until"), waiting: try row.int("waiting"),
            working: try row.int("working"))
    }
}
