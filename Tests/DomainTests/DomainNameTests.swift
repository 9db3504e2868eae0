import Domain
import EventSourcing
import TestSupport
import Testing

private let claimed = DomainNameEvent.claimed(.init(deployment: "akme-shop-production"))
private let released = DomainNameEvent.released(.init(deployment: "akme-shop-production"))

@Suite struct `Claiming a domain name` {
    @Test func `is a fact while it is free`() {
        given(DomainName.self).when(.claim(by: "akme-shop-production")).then(claimed)
    }

    @Test func `is a fact again after its release`() {
        given(DomainName.self, claimed, released).when(.claim(by: "bolt-shop-production"))
            .then(.claimed(.init(deployment: "bolt-shop-production")))
    }

    @Test func `twice changes nothing`() {
        given(DomainName.self, claimed).when(.claim(by: "akme-shop-production")).thenNothing()
    }

    @Test func `is refused, saying who was faster`() {
        given(DomainName.self, claimed).when(.claim(by: "bolt-shop-production"))
            .thenRejected(.taken(by: "akme-shop-production"))
    }
}

@Suite struct `Releasing a domain name` {
    @Test func `is a fact`() {
        given(DomainName.self, claimed).when(.release(by: "akme-shop-production")).then(released)
    }

    @Test func `that is free changes nothing`() {
        given(DomainName.self).when(.release(by: "akme-shop-production")).thenNothing()
        given(DomainName.self, claimed, released).when(.release(by: "akme-shop-production")).thenNothing()
    }

    @Test func `that another deployment holds changes nothing`() {
        given(DomainName.self, claimed).when(.release(by: "bolt-shop-production")).thenNothing()
    }
}
