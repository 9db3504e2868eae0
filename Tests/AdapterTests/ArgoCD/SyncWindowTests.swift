import ArgoCD
import EventSourcing
import FoundationEssentials
import Testing

@Suite struct `Sync windows` {
    /// A Monday.
    private let noon = Timestamp("2026-11-23T12:00:30Z") ?? Timestamp(microseconds: 0)

    private func windows(_ json: String) throws -> SyncWindows {
        SyncWindows(try JSONDecoder().decode([SyncWindow].self, from: Data(json.utf8)))
    }

    private func until(_ json: String) throws -> String? {
        try windows(json).forbiddenUntil(noon)?.description.prefix(16).description
    }

    @Test func `that deny forbid until the last of them shuts`() throws {
        #expect(
            try until(
                """
                [{"kind": "deny", "schedule": "0 11 * * *", "duration": "2h"},
                 {"kind": "deny", "schedule": "30 11 * * MON", "duration": "3h30m"},
                 {"kind": "deny", "schedule": "0 9 * * *", "duration": "1h"}]
                """) == "2026-11-23T15:00")
    }

    @Test func `that allow forbid until the next of them opens`() throws {
        #expect(
            try until(
                """
                [{"kind": "allow", "schedule": "0 22 * * *", "duration": "1h"},
                 {"kind": "allow", "schedule": "0 2 * * tue-fri", "duration": "1h"}]
                """) == "2026-11-23T22:00")
        #expect(try until(#"[{"kind": "allow", "schedule": "0 11 * * *", "duration": "2h"}]"#) == nil, "it is open")
    }

    @Test func `count in their own time zone`() throws {
        #expect(
            try until(
                #"[{"kind": "deny", "schedule": "0 13 * * *", "duration": "2h", "timeZone": "Europe/Berlin"}]"#)
                == "2026-11-23T14:00")
    }

    @Test func `that let syncs pass which are asked for forbid nothing`() throws {
        let open = #"{"kind": "deny", "schedule": "0 11 * * *", "duration": "2h", "manualSync": true}"#
        #expect(try windows("[\(open)]").blocking(at: noon).isEmpty)
    }

    @Test func `that nobody can read end at no time that is known`() throws {
        #expect(try until(#"[{"kind": "deny", "schedule": "@daily", "duration": "2h"}]"#) == nil)
    }

    @Test(arguments: [
        ("0 12 * * *", true), ("*/15 8-18 * * 1-5", true), ("1 12 * * *", false), ("0 12 24 * *", false),
        ("0 12 24 * 1", true), ("0 12 * NOV mon,fri", true), ("0 12 * dec *", false), ("0 6/3 * * *", true),
        ("0 12 ? * 0", false),
    ])
    func `begin when cron says so`(schedule: String, begins: Bool) {
        #expect(CronSchedule(schedule)?.matches(noon) == begins)
    }

    @Test(arguments: ["", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,, * * * *"])
    func `are not guessed at`(schedule: String) {
        #expect(CronSchedule(schedule) == nil)
    }
}
