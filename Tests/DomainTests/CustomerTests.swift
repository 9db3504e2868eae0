import Domain
import EventSourcing
import TestSupport
import Testing

private let akme = Customer.Details(name: "Akme GmbH", contactName: "Ada", contactEmail: "ada@akme.example")
private let renamed = Customer.Details(name: "Akme AG")
private let created = CustomerEvent.created(akme)
private let suspended = CustomerEvent.suspended(.init(reason: "unpaid"))
private let removed = CustomerEvent.removed(.init(reason: "contract ended"))
private let routed = CustomerEvent.routed(.init(cluster: "frankfurt"))

@Suite struct `Creating a customer` {
    @Test func `is a fact the first time`() {
        given(Customer.self).when(.create(akme)).then(created)
    }

    @Test func `again with the same details changes nothing`() {
        given(Customer.self, created).when(.create(akme)).thenNothing()
    }

    @Test func `again with other details is refused`() {
        given(Customer.self, created).when(.create(renamed)).thenRejected(.alreadyExists)
    }

    @Test func `is refused after somebody was faster and changed the details`() {
        given(Customer.self, created, .detailsChanged(renamed)).when(.create(akme)).thenRejected(.alreadyExists)
    }

    @Test func `is refused while the customer is suspended`() {
        given(Customer.self, created, suspended).when(.create(akme)).thenRejected(.alreadyExists)
    }

    @Test func `is refused for ever after its removal`() {
        given(Customer.self, created, removed).when(.create(akme)).thenRejected(.isRemoved)
    }
}

@Suite struct `Changing a customer's details` {
    @Test func `is a fact`() {
        given(Customer.self, created).when(.changeDetails(renamed)).then(.detailsChanged(renamed))
    }

    @Test func `is possible while it is suspended, which it stays`() {
        given(Customer.self, created, suspended).when(.changeDetails(renamed)).then(.detailsChanged(renamed))
        given(Customer.self, created, suspended, .detailsChanged(renamed)).when(.route(to: "frankfurt"))
            .thenRejected(.isSuspended)
    }

    @Test func `to what they are changes nothing`() {
        given(Customer.self, created, .detailsChanged(renamed)).when(.changeDetails(renamed)).thenNothing()
        given(Customer.self, created, suspended).when(.changeDetails(akme)).thenNothing()
    }

    @Test func `is refused where there is no customer`() {
        given(Customer.self).when(.changeDetails(renamed)).thenRejected(.unknown)
    }

    @Test func `is refused when somebody removed it first`() {
        given(Customer.self, created, removed).when(.changeDetails(renamed)).thenRejected(.isRemoved)
    }
}

@Suite struct `Routing a customer` {
    @Test func `is a fact`() {
        given(Customer.self, created).when(.route(to: "frankfurt")).then(routed)
    }

    @Test func `elsewhere is a fact`() {
        given(Customer.self, created, routed).when(.route(to: "paris")).then(.routed(.init(cluster: "paris")))
    }

    @Test func `to where it goes changes nothing, also after details changed or it was suspended for a while`() {
        given(Customer.self, created, routed).when(.route(to: "frankfurt")).thenNothing()
        given(Customer.self, created, routed, .detailsChanged(renamed)).when(.route(to: "frankfurt")).thenNothing()
        given(Customer.self, created, routed, suspended, .reinstated).when(.route(to: "frankfurt")).thenNothing()
    }

    @Test func `is refused while it is suspended`() {
        given(Customer.self, created, suspended).when(.route(to: "frankfurt")).thenRejected(.isSuspended)
    }

    @Test func `is refused where there is no customer`() {
        given(Customer.self).when(.route(to: "frankfurt")).thenRejected(.unknown)
    }

    @Test func `is refused when somebody removed it first`() {
        given(Customer.self, created, removed).when(.route(to: "frankfurt")).thenRejected(.isRemoved)
    }
}

@Suite struct `Suspending and reinstating a customer` {
    @Test func `suspending is a fact`() {
        given(Customer.self, created).when(.suspend(reason: "unpaid")).then(suspended)
    }

    @Test func `suspending twice changes nothing, whatever the reason`() {
        given(Customer.self, created, suspended).when(.suspend(reason: "fraud")).thenNothing()
    }

    @Test func `reinstating is a fact`() {
        given(Customer.self, created, suspended).when(.reinstate).then(.reinstated)
    }

    @Test func `reinstating an active customer changes nothing`() {
        given(Customer.self, created).when(.reinstate).thenNothing()
        given(Customer.self, created, suspended, .reinstated).when(.reinstate).thenNothing()
    }

    @Test(arguments: [Customer.Command.suspend(reason: "unpaid"), .reinstate])
    func `is refused where there is no customer`(_ command: Customer.Command) {
        given(Customer.self).when(command).thenRejected(.unknown)
    }

    @Test(arguments: [Customer.Command.suspend(reason: "unpaid"), .reinstate])
    func `is refused when somebody removed it first`(_ command: Customer.Command) {
        given(Customer.self, created, removed).when(command).thenRejected(.isRemoved)
    }
}

@Suite struct `Removing a customer` {
    @Test(arguments: [[created], [created, suspended], [created, routed]])
    func `is a fact`(_ history: [CustomerEvent]) {
        given(Customer.self, history).when(.remove(reason: "contract ended")).then(removed)
    }

    @Test func `twice changes nothing`() {
        given(Customer.self, created, removed).when(.remove(reason: "again")).thenNothing()
    }

    @Test func `is refused where there is no customer`() {
        given(Customer.self).when(.remove(reason: "contract ended")).thenRejected(.unknown)
    }
}

@Suite struct `A customer's tier` {
    @Test func `is read where it was written, and absent in what is older`() throws {
        let gold = Customer.Details(name: "Akme AG", tier: "gold")
        let written = CustomerEvent.detailsChanged(gold)
        #expect(try written.readBack() == written)
        let older = try CustomerEvent(
            "customer.created", version: 1, payload: JSONBytes(#"{"name": "Akme AG"}"#))
        #expect(older == .created(.init(name: "Akme AG", tier: nil)))
    }
}
