import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport

/// Events for tests that care about the log and not about what the events say.
enum Facts {
    static let metadata = EventMetadata(
        actor: "ana", actorName: "Ana", roles: ["deployer"], correlationID: "c-1", causationID: nil, source: "api")

    /// A random UUID of version 4, without Foundation.
    static func uuid() -> EventID {
        let bits = (
            UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000, UInt64.random(in: .min ... .max) >> 2 | 1 << 63
        )
        let digits = [bits.0, bits.1].map { bits in
            let text = String(bits, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var groups: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return EventID(groups.joined(separator: "-"))
    }

    static func event(_ name: String) -> NewEvent {
        NewEvent(id: uuid(), form: CustomerEvent.created(.init(name: name)).stored)
    }

    static func customer(_ id: String) -> StreamName { StreamName(category: "customer", id: id) }

    static func append(
        _ names: [String], to id: String, expecting expected: ExpectedVersion, command: CommandIdentity? = nil,
        completing: EffectLease? = nil
    ) -> Append {
        Append(
            [StreamAppend(customer(id), expected: expected, events: names.map(event))], metadata: metadata,
            command: command, completing: completing)
    }
}

/// Runs `body` with an empty log.
func withStore<Value>(
    poolSize: Int = 8, isolation: isolated (any _Concurrency.Actor)? = #isolation,
    _ body: (PostgresEventStore, TestDatabase) async throws -> Value
) async throws -> Value {
    try await withMigratedDatabase(poolSize: poolSize) { database in
        try await body(PostgresEventStore(pool: database.pool), database)
    }
}
