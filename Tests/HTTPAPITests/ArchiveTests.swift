import Application
import Domain
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresArchives
import PostgresEventStore
import PostgresTransparencyLog
import TestSupport
import Testing
import TransparencyLog

@Suite(.serialized) struct `What is archived, over HTTP` {
    @Test func `is proved, taken along and replayed from its files as it was from the log`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fillPartitions()
            let questions = [
                "log/inclusion/3", "log/inclusion/14", "log/tile/entries/000.p/19", "log/bundle?from=8&to=13",
                "log/bundle?customer=acme", "log/bundle?deployment=acme-shop-production",
                "streams/customer-acme/replay", "streams/customer-acme/events?limit=2", "customers/acme/replay",
                "streams/domainname-shop.example/replay?direction=backward",
            ]
            var before: [String: [UInt8]] = [:]
            for question in questions {
                let answer = try await api.get("/api/v1/\(question)")
                #expect(answer.status == 200, "\(question): \(answer.text)")
                before[question] = answer.bytes
            }
            let archive = EventArchive(configuration: api.pool.configuration, folder: api.archives)
            _ = try await archive.archive(.init(includesLivingStreams: true, dropsTable: true))
            for question in questions {
                let answer = try await api.get("/api/v1/\(question)")
                #expect(answer.status == 200, "\(question): \(answer.text)")
                #expect(answer.bytes == before[question], "\(question): \(answer.text)")
                guard question.contains("bundle") else { continue }
                #expect(AuditBundleCheck.findings(in: answer.bytes, keys: api.keys.verifiers) == [], "\(question)")
            }

            let away = api.archives + "-away"
            try FileManager.default.moveItem(atPath: api.archives, toPath: away)
            for question in questions where !question.contains("/14") {
                let answer = try await api.get("/api/v1/\(question)")
                #expect((answer.status, answer.body["code"]) == (503, "events.archive_unreadable"), "\(answer.text)")
                for name in ["events-000000000001-000000000010.jsonl.gz", api.archives, "DEPLOYCENTER_ARCHIVES"] {
                    #expect(answer.body["detail"]?.string?.contains(name) == true, "\(answer.text)")
                }
            }
            try FileManager.default.moveItem(atPath: away, toPath: api.archives)
            _ = try await archive.restore()
            await archive.close()
            try FileManager.default.removeItem(atPath: api.archives)
            // What is restored needs no file.
            for question in questions {
                #expect(try await api.get("/api/v1/\(question)").bytes == before[question], "\(question)")
            }
        }
    }
}

extension RunningAPI {
    /// Nineteen signed events in partitions of ten: a customer, its deployment and its name have some in each, and so has another one's.
    fileprivate func fillPartitions() async throws {
        try await pool.makeSmallPartitions()
        func append(_ stream: StreamName, _ events: [any StorableEvent]) async throws {
            let new = events.map { NewEvent(id: EventID(UUID().uuidString.lowercased()), form: $0.stored) }
            _ = try await store.append(
                Append(
                    [StreamAppend(stream, expected: .any, events: new)],
                    metadata: EventMetadata(actor: "ana", actorName: "Ana", correlationID: "test", source: "import")))
        }
        let (ours, theirs) = (
            StreamName.deployment("acme-shop-production"), StreamName.deployment("akme-shop-production")
        )
        let name = StreamName.domainName("shop.example")
        func claimed(_ deployment: ID<Deployment>) -> DomainNameEvent { .claimed(.init(deployment: deployment)) }
        func released(_ deployment: ID<Deployment>) -> DomainNameEvent { .released(.init(deployment: deployment)) }
        try await append(.customer("acme"), [CustomerEvent.created(.init(name: "Acme"))])
        try await append(.customer("akme"), [CustomerEvent.created(.init(name: "Akme"))])
        try await append(ours, [Past.requested()])
        try await append(theirs, [Past.requested()])
        // Positions 5 to 8 of the name; ours are 6 and 7.
        try await append(name, [claimed("akme-shop-production")])
        try await append(name, [claimed("acme-shop-production"), released("acme-shop-production")])
        try await append(name, [claimed("akme-shop-production")])
        try await append(.customer("acme"), [CustomerEvent.suspended(.init(reason: "unpaid"))])
        try await append(.customer("acme"), [CustomerEvent.reinstated])
        // From here on in the next partition.
        try await append(name, [released("akme-shop-production")])
        try await append(name, [claimed("acme-shop-production")])
        try await append(ours, [Past.started(.render)])
        try await append(.customer("acme"), [CustomerEvent.suspended(.init(reason: "unpaid again"))])
        try await append(.customer("akme"), [CustomerEvent.suspended(.init(reason: "unpaid"))])
        try await append(name, [released("acme-shop-production"), claimed("akme-shop-production")])
        try await append(.customer("acme"), [CustomerEvent.reinstated])
        try await append(.customer("akme"), [CustomerEvent.reinstated])
        _ = try await checkpoint(of: 19)
    }
}
