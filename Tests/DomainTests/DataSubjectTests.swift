import Domain
import EventSourcing
import TestSupport
import Testing

private let forgotten = DataSubjectEvent.forgotten(.init(subject: "customer:akme", keys: ["k1"], reason: "asked"))

@Suite struct `Forgetting somebody` {
    @Test func `is a fact that names the keys`() {
        given(DataSubject.self).when(.forget("customer:akme", keys: ["k1"], reason: "asked")).then(forgotten)
    }

    @Test func `again changes nothing, even while the key is still seen`() {
        given(DataSubject.self, forgotten).when(.forget("customer:akme", keys: [], reason: "asked")).thenNothing()
        given(DataSubject.self, forgotten).when(.forget("customer:akme", keys: ["k1"], reason: "again")).thenNothing()
    }

    @Test func `is a fact again when there is new data`() {
        given(DataSubject.self, forgotten).when(.forget("customer:akme", keys: ["k1", "k2"], reason: "asked"))
            .then(.forgotten(.init(subject: "customer:akme", keys: ["k2"], reason: "asked")))
    }

    @Test func `of whom nothing was ever kept is refused`() {
        given(DataSubject.self).when(.forget("customer:amke", keys: [], reason: "asked")).thenRejected(.nothingKept)
    }
}

@Suite struct `Personal members` {
    @Test func `are marked on the facts that hold a contact, under the names that are stored`() throws {
        let details = Customer.Details(name: "Akme", contactName: "Ada", contactEmail: "ada@akme.example")
        for event in [CustomerEvent.created(details), .detailsChanged(details)] {
            let stored = try #require(try JSONBytes(encoding: event.stored.payload).read(JSONValue.self).object)
            let marked = event.stored.personal.compactMap { stored[$0]?.string }
            #expect(marked.sorted() == ["Ada", "ada@akme.example"])
        }
    }

    @Test func `may be erased without a rule noticing`() {
        let erased = Customer.Details(name: "Akme", contactName: "erased", contactEmail: "erased")
        let new = Customer.Details(name: "Akme", contactName: "Bo", contactEmail: "bo@akme.example")
        given(Customer.self, .created(erased)).when(.changeDetails(new)).then(.detailsChanged(new))
        given(Customer.self, .created(erased)).when(.suspend(reason: "unpaid"))
            .then(.suspended(.init(reason: "unpaid")))
        given(Customer.self, .created(erased)).when(.create(new)).thenRejected(.alreadyExists)
    }
}
