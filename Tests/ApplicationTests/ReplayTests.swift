import Application
import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A replay` {
    @Test func `tells each event with the state after it and what it changed`() throws {
        var fold = ReplayFold()
        let entries = try Past.upgraded.recorded().map { try fold.take($0) }
        let first = try #require(entries.first)
        #expect(first.state["phase"] == "provisioning")
        #expect(first.changes.contains(.init(path: "/phase", before: "unknown", after: "provisioning")))
        #expect(first.changes.contains { $0.path == "/releases/1" && $0.before == nil && $0.after?["size"] == "small" })

        let bucket = try #require(entries.first { $0.type == "deployment.bucket_provisioned" })
        #expect(
            bucket.changes == [
                .init(
                    path: "/resources/bucket", before: .null,
                    after: ["value": "dc-akme-shop-production", "release": 1]),
                .init(path: "/run/steps/bucket", before: "running", after: "succeeded"),
            ])
        #expect(entries.last?.state["liveRelease"] == 2)
        #expect(entries.last?.state["provenReleases"] == [1, 2])
    }

    @Test(arguments: ["live", "incomplete", "decommissioned", "decommissionIncomplete"])
    func `leads from each state to the next by its changes alone`(_ name: String) throws {
        let past = [
            "live": Past.live, "incomplete": Past.incomplete, "decommissioned": Past.decommissioned,
            "decommissionIncomplete": Past.decommissionIncomplete,
        ]
        var fold = ReplayFold()
        var state: JSONValue?
        for event in try #require(past[name]).recorded() {
            let entry = try fold.take(event)
            if let state { #expect(state.applying(entry.changes) == entry.state, "\(entry.type)") }
            #expect(!entry.changes.isEmpty || entry.type == "deployment.attempt_failed", "\(entry.type)")
            state = entry.state
        }
    }

    @Test func `stops where the log begins in the middle of a stream`() throws {
        var fold = ReplayFold()
        let late = try #require(try Past.live.recorded().dropFirst(3).first)
        #expect(throws: ReplayError.archived(late.stream, firstVersion: 4)) { try fold.take(late) }
    }

    @Test func `gives one stream page by page, forward and backward`() async throws {
        try await withPlatform { platform in
            let stream = StreamName.customer("acme")
            for number in 1...7 {
                let context = CommandContext.by("dana")
                try await platform.commands.suspendCustomer("acme", reason: "round \(number)", context)
                try await platform.commands.reinstateCustomer("acme", context)
            }
            let whole = try await platform.replay.all(.stream(stream))
            #expect(whole.map(\.streamVersion) == Array(1...16))
            #expect(whole[2].changes == [.init(path: "/standing", before: "active", after: "suspended")])
            for direction in ReplayDirection.allCases {
                let expected = direction == .forward ? whole : whole.reversed()
                #expect(try await platform.replay.all(.stream(stream), direction) == expected)
                for limit in [1, 3, 4, 16, 100] {
                    let pages = try await platform.replay.pages(.stream(stream), direction, limit: limit)
                    #expect(pages.flatMap(\.entries) == expected, "\(direction) by \(limit)")
                    #expect(pages.allSatisfy { $0.entries.count <= limit })
                }
            }
        }
    }

    @Test func `gives all of a customer's streams in the order of the log, and nobody else's`() async throws {
        try await withPlatform { platform in
            let commands = platform.commands
            try await commands.createCustomer("acmeother", .init(name: "Another"), .by("dana"))
            let order = DeploymentOrder.shop(domain: "shop.apps.example")
            try await commands.requestDeployment(order, .by("dana"))
            let cancelled = try await commands.cancelDeployment("acme-shop-production", reason: "no", .by("dana"))
            // The name goes to another customer.
            let other = DeploymentOrder.shop(customer: "acmeother", cluster: "eks-eu-1", domain: "shop.apps.example")
            try await commands.requestDeployment(other, .by("dana"))

            let told = try await platform.replay.all(.customer("acme"))
            #expect(
                told.map { "\($0.stream) \($0.type)" } == [
                    "customer-acme customer.created", "customer-acme customer.routed",
                    "deployment-acme-shop-production deployment.requested",
                    "domainname-shop.apps.example domain_name.claimed",
                    "deployment-acme-shop-production deployment.cancelled",
                    "deployment-acme-shop-production deployment.compensated",
                    "domainname-shop.apps.example domain_name.released",
                ])
            #expect(told.map(\.position) == told.map(\.position).sorted())
            #expect(try await platform.replay.all(.customer("acme"), .backward) == told.reversed())
            #expect(told.last?.position == cancelled.position)

            let others = try await platform.replay.all(.customer("acmeother"))
            // Its state follows from all that the name went through.
            #expect(others.last?.stream == "domainname-shop.apps.example")
            #expect(others.last?.changes == [.init(path: "/holder", before: .null, after: "acmeother-shop-production")])
        }
    }

    @Test func `ends at the moment that was asked for`() async throws {
        try await withPlatform { platform in
            let subject = ReplaySubject.customer("acme")
            try await platform.commands.suspendCustomer("acme", reason: "unpaid", .by("dana"))
            let whole = try await platform.replay.all(subject)
            for (index, entry) in whole.enumerated() {
                let expected = Array(whole.prefix(index + 1))
                for moment in [Moment.position(entry.position), .time(entry.recordedAt)] {
                    #expect(try await platform.replay.all(subject, asOf: moment) == expected)
                    #expect(try await platform.replay.all(subject, .backward, asOf: moment) == expected.reversed())
                }
                let before = try await platform.replay.page(
                    subject, .backward, after: entry.position, limit: 100, asOf: .position(entry.position))
                #expect(before.entries == expected.dropLast().reversed())
            }
            await #expect(throws: ReplayError.nothing(subject)) {
                try await platform.replay.page(subject, asOf: .position(.start))
            }
        }
    }

    @Test func `says what it cannot tell`() async throws {
        try await withPlatform { platform in
            let nobody = ReplaySubject.customer("nobody")
            await #expect(throws: ReplayError.nothing(nobody)) { try await platform.replay.page(nobody) }
            await #expect(throws: ReplayError.unknownCategory("planet", known: ReplayFold.categories)) {
                try await platform.replay.page(.stream(StreamName(category: "planet", id: "mars")))
            }
            for limit in [0, 1_001] {
                await #expect(throws: ReplayError.badLimit(allowed: 1...1_000)) {
                    try await platform.replay.page(.customer("acme"), limit: limit)
                }
            }
        }
    }
}

@Suite struct `The difference of two JSON values` {
    @Test func `is a list of members by their paths`() {
        let before: JSONValue = ["a": 1, "b": ["c": [1, 2], "d/e": nil, "gone": true]]
        let after: JSONValue = ["a": 1, "b": ["c": [1, 3], "d/e": "~", "new~": ["x": 1]]]
        #expect(
            before.changes(to: after) == [
                .init(path: "/b/c", before: [1, 2], after: [1, 3]), .init(path: "/b/d~1e", before: .null, after: "~"),
                .init(path: "/b/gone", before: true, after: nil), .init(path: "/b/new~0", before: nil, after: ["x": 1]),
            ])
        #expect(before.changes(to: before).isEmpty)
        #expect(before.changes(to: 1) == [.init(path: "", before: before, after: 1)])
    }
}

extension Platform {
    fileprivate var replay: Replay { Replay(store: store, directory: store) }
}

extension Replay {
    fileprivate func all(
        _ subject: ReplaySubject, _ direction: ReplayDirection = .forward, asOf: Moment? = nil
    ) async throws -> [ReplayEntry] {
        var entries: [ReplayEntry] = []
        try await run(subject, direction, asOf: asOf) { entries.append($0) }
        return entries
    }

    fileprivate func pages(
        _ subject: ReplaySubject, _ direction: ReplayDirection, limit: Int
    ) async throws -> [ReplayPage] {
        var pages = [try await page(subject, direction, limit: limit)]
        while let next = pages.last?.next {
            pages.append(try await page(subject, direction, after: next, limit: limit))
        }
        return pages
    }
}

extension [DeploymentEvent] {
    /// As the log would hold them, an hour apart.
    fileprivate func recorded() throws -> [RecordedEvent] {
        try enumerated().map { index, event in
            let form = event.stored
            return RecordedEvent(
                position: Position(Int64(index) + 1), stream: .deployment("akme-shop-production"),
                streamVersion: index + 1, id: ID("event-\(index + 1)"), type: form.type,
                schemaVersion: form.schemaVersion, payload: try JSONText.encode(Payload(form: form)),
                metadata: EventMetadata(actor: "ana", correlationID: "request-1", source: "api"),
                recordedAt: Timestamp(microseconds: Int64(index) * 3_600_000_000))
        }
    }
}

private struct Payload: Encodable {
    let form: StoredForm

    func encode(to encoder: any Encoder) throws { try form.payload.encode(to: encoder) }
}

extension JSONValue {
    /// The document with each change made, by the way to it.
    fileprivate func applying(_ changes: [JSONChange]) -> JSONValue {
        changes.reduce(self) { document, change in
            let path = change.path.split(separator: "/").map {
                String($0).replacing("~1", with: "/").replacing("~0", with: "~")
            }
            return document.setting(path[...], change.after)
        }
    }

    private func setting(_ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        guard let key = path.first, var members = object else { return value ?? .null }
        members[key] = path.count == 1 ? value : members[key, default: [:]].setting(path.dropFirst(), value)
        return .object(members)
    }
}
