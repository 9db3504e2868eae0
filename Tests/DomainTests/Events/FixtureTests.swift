import Domain
import EventSourcing
import Foundation
import Testing

@Suite struct `Stored events` {
    @Test func `of customers are read as what they meant when they were written`() throws {
        try check(EventExamples.customer)
    }

    @Test func `of clusters are read as what they meant when they were written`() throws {
        try check(EventExamples.cluster)
    }

    @Test func `of domain names are read as what they meant when they were written`() throws {
        try check(EventExamples.domainName)
    }

    @Test func `of data subjects are read as what they meant when they were written`() throws {
        try check(EventExamples.dataSubject)
    }

    @Test func `of orphans are read as what they meant when they were written`() throws {
        try check(EventExamples.orphan)
    }

    @Test func `of templates are read as what they meant when they were written`() throws {
        try check(EventExamples.template)
    }

    @Test func `of deployments are read as what they meant when they were written`() throws {
        try check(EventExamples.deployment)
    }

    @Test func `have a fixture and an expected value for each name and version that can be read`() throws {
        let readable =
            try FixtureFolder.literals(#/case \("([^"]+)", (\d+)\)/#)
            + DomainEvents.upcasts.map { "\($0.type).v\($0.from)" }
        let expected =
            Array(EventExamples.customer.keys) + EventExamples.cluster.keys + EventExamples.domainName.keys
            + EventExamples.dataSubject.keys + EventExamples.orphan.keys + EventExamples.template.keys
            + EventExamples.deployment.keys
        #expect(readable.count > 0)
        #expect(Set(readable).count == readable.count)
        #expect(Set(readable).subtracting(try FixtureFolder.names()).sorted() == [], "readable, but without a fixture")
        #expect(try FixtureFolder.names().subtracting(readable).sorted() == [], "a fixture that nothing reads")
        #expect(Set(expected) == Set(readable))
    }

    @Test func `are written in a form that can be read`() throws {
        let readable = Set(try FixtureFolder.literals(#/case \("([^"]+)", (\d+)\)/#))
        let written = try FixtureFolder.literals(#/StoredForm\("([^"]+)", version: (\d+)/#)
        #expect(Set(written).count == written.count, "two facts under one name")
        #expect(Set(written).subtracting(readable).sorted() == [])
    }

    @Test(arguments: [("deployment.requested", 0), ("deployment.requested", 99), ("deployment.unheard_of", 1)])
    func `of an unknown type or version stop the reader`(_ name: String, _ version: Int) {
        let type = EventType(name)
        let unknown = UnreadableEvent.unknownType(type, version: version)
        let payload = JSONBytes("{}")
        #expect(throws: unknown) { try CustomerEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try ClusterEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try DomainNameEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try DataSubjectEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try OrphanEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try TemplateEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try DeploymentEvent(type, version: version, payload: payload) }
        #expect(throws: unknown) { try DomainEvents.read(type, version: version, payload: payload) }
        #expect(!DomainEvents.knows(type, version: version))
    }

    @Test(arguments: ["{}", #"{"number": "one"}"#, "[]", "", "{"])
    func `with a damaged payload stop the reader and say which`(_ text: String) throws {
        let error = #expect(throws: UnreadableEvent.self) {
            try DeploymentEvent("deployment.went_live", version: 1, payload: JSONBytes(text))
        }
        guard case .badPayload("deployment.went_live", version: 1, let reason) = try #require(error) else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func `may have fields that this build does not know`() throws {
        let event = try DeploymentEvent(
            "deployment.went_live", version: 1, payload: JSONBytes(#"{"number": 1, "later": true}"#))
        #expect(event == .wentLive(.init(number: 1)))
    }

    private func check<Event: StorableEvent>(_ examples: [String: Event]) throws {
        for (name, expected) in examples {
            let payload = try FixtureFolder.payload(name)
            let (type, version) = try #require(FixtureFolder.typeAndVersion(name))
            #expect(try Event(upcasting: type, version: version, payload: payload) == expected, "\(name)")
            #expect(DomainEvents.knows(type, version: version), "\(name)")
            let read = try DomainEvents.read(type, version: version, payload: payload)
            #expect(read as? Event == expected, "\(name)")
            // An older version is read for ever, but written no more.
            guard expected.stored.type == type, expected.stored.schemaVersion == version else { continue }
            let written = JSONBytes(try JSONEncoder().encode(expected.stored.payload))
            #expect(try written.read(JSONValue.self) == payload.read(JSONValue.self), "\(name)")
        }
    }
}
