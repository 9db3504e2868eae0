import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A stream name` {
    @Test func `is category and id`() {
        let name = StreamName(category: "deployment", id: "akme-shop-production")
        #expect(name.description == "deployment-akme-shop-production")
        #expect(StreamName("deployment-akme-shop-production") == name)
    }

    @Test func `ends its category at the first hyphen`() throws {
        let name = try #require(StreamName("deployment-akme-shop"))
        #expect(name.category == "deployment")
        #expect(name.id == "akme-shop")
        #expect(StreamName("a--b")?.id == "-b")
    }

    @Test(arguments: ["", "-", "deployment", "deployment-", "-akme"])
    func `has both`(_ text: String) {
        #expect(StreamName(text) == nil)
    }

    @Test(arguments: [
        (StreamName.customer("akme"), "customer-akme"), (.cluster("frankfurt"), "cluster-frankfurt"),
        (.template("odoo"), "template-odoo"), (.deployment("akme-shop-production"), "deployment-akme-shop-production"),
        (.domainName("shop.akme.example"), "domainname-shop.akme.example"),
    ])
    func `of each kind of thing can be read back`(_ name: StreamName, _ text: String) {
        #expect(name.description == text)
        #expect(StreamName(text) == name)
    }
}

@Suite struct `The name of a deployment` {
    @Test func `is made of customer, name and environment`() {
        let release = Past.release()
        #expect(release.deployment == "akme-shop-production")
        #expect(release.deployment.namespace == "akme-shop-production")
        #expect(release.deployment.folder == "deployments/akme-shop-production")
        #expect(release.deployment.directory == "/akme-shop-production")
    }
}

@Suite struct `Patterns of names` {
    private func accepts(_ pattern: String, _ text: String) throws -> Bool {
        try Regex(pattern).wholeMatch(in: text) != nil
    }

    @Test(arguments: [
        (NamePattern.customer, "akme"), (NamePattern.customer, "a2"), (NamePattern.cluster, "eu-central-1"),
        (NamePattern.template, "odoo"), (NamePattern.deployment, "a"), (NamePattern.deployment, "my-shop-2"),
        (NamePattern.deployment, "abcdefghijklmnopqr"), (NamePattern.version, "0.1.0"),
        (NamePattern.version, "10.20.30"), (NamePattern.domain, "shop.akme.example"), (NamePattern.domain, "a.b.io"),
    ])
    func `accept what people call things`(_ pattern: String, _ text: String) throws {
        #expect(try accepts(pattern, text))
    }

    @Test(arguments: [
        (NamePattern.customer, "a"), (NamePattern.customer, "ak-me"), (NamePattern.customer, "2akme"),
        (NamePattern.customer, "Akme"), (NamePattern.customer, "abcdefghijklmnopqrstu"), (NamePattern.cluster, "eu-"),
        (NamePattern.template, "-odoo"), (NamePattern.deployment, ""), (NamePattern.deployment, "shop-"),
        (NamePattern.deployment, "abcdefghijklmnopqrs"), (NamePattern.version, "1.0"), (NamePattern.version, "01.0.0"),
        (NamePattern.version, "1.0.0-rc1"), (NamePattern.domain, "localhost"), (NamePattern.domain, "a..example"),
        (NamePattern.domain, "Shop.example"), (NamePattern.domain, "shop.example."), (NamePattern.domain, "-a.example"),
        (NamePattern.domain, "shop.example/x"), (NamePattern.domain, "shop.example\n"),
    ])
    func `refuse everything else`(_ pattern: String, _ text: String) throws {
        #expect(try !accepts(pattern, text))
    }
}
