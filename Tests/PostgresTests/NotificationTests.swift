import Postgres
import TestSupport
import Testing

@Suite struct `Notifications` {
    @Test func `arrive, and a lost connection comes back by itself and says so`() async throws {
        try await withDatabase { database in
            var news = database.pool.notifications(channel: "a channel").makeAsyncIterator()
            #expect(await news.next() == .listening)
            try await database.pool.query("SELECT pg_notify('a channel', 'one')")
            #expect(await news.next() == .received(payload: "one"))
            let killed = try await database.pool.query(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'
                """)
            #expect(try killed.first?.int(0) == 1)
            #expect(await news.next() == .listening)
            try await database.pool.query("SELECT pg_notify('a channel', 'two')")
            #expect(await news.next() == .received(payload: "two"))
        }
    }

    @Test func `end when the task is cancelled`() async throws {
        try await withDatabase { database in
            let (started, isListening) = AsyncStream<Void>.makeStream()
            let listening = Task {
                for await _ in database.pool.notifications(channel: "c") { isListening.finish() }
            }
            for await _ in started {}
            listening.cancel()
            await listening.value
        }
    }
}
