import Application
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `What is kept about the repository` {
    @Test func `tells our commits from others`() async throws {
        try await withMigratedDatabase { database in
            let record = PostgresRepositoryRecord(pool: database.pool)
            let (ours, theirs) = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
            for _ in 1...2 { try await record.add(ours) }
            #expect(try await record.own(among: [ours, theirs]) == [ours])
            #expect(try await record.own(among: []) == [])
        }
    }

    @Test func `moves a cursor only from where its mover saw it`() async throws {
        try await withMigratedDatabase { database in
            let record = PostgresRepositoryRecord(pool: database.pool)
            #expect(try await record.cursor(of: "main") == nil)
            try await record.moveCursor(of: "main", from: nil, to: "1")
            try await record.moveCursor(of: "main", from: nil, to: "2")
            #expect(try await record.cursor(of: "main") == "1")
            try await record.moveCursor(of: "main", from: "1", to: "2")
            try await record.moveCursor(of: "main", from: "1", to: "3")
            #expect(try await record.cursor(of: "main") == "2")
        }
    }

    @Test func `takes a message once, whoever gets it`() async throws {
        try await withMigratedDatabase { database in
            let record = PostgresRepositoryRecord(pool: database.pool)
            let taken = try await withThrowingTaskGroup { group in
                for _ in 1...8 { group.addTask { try await record.take(delivery: "d1") } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(taken == 1)
        }
    }
}
