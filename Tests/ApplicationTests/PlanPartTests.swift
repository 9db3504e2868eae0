import Application
import Domain
import EventSourcing
import FoundationEssentials
import Testing

@Suite struct `A policy for approvals` {
    private static func release(_ template: String, _ environment: Environment) -> Release {
        Release(
            customer: "acme", customerName: "Acme", name: "shop", environment: environment, size: .small,
            cluster: "eu-1",
            target: .init(
                destination: "eu-1", region: "eu-central-1", fileSystem: "fs-1", hostedZone: "Z1",
                zoneDomain: "apps.example", ingressHostname: "lb.example"),
            template: .init(template), templateVersion: "1.0.0", parameters: [:], domain: nil,
            needs: .init(accessPoint: nil, bucket: false))
    }

    private static let text = "environment=production, template=odoo + environment=staging,tier=gold"

    @Test(
        arguments: [
            ("shop", Environment.production, nil, "environment=production"),
            ("odoo", .staging, nil, "template=odoo+environment=staging"), ("shop", .staging, nil, nil),
            ("shop", .staging, "gold", "tier=gold"), ("shop", .staging, "silver", nil),
            ("odoo", .production, "gold", "environment=production"),
        ] as [(String, Environment, String?, String?)])
    func `names the first rule that holds`(
        _ template: String, _ environment: Environment, _ tier: String?, _ expected: String?
    ) throws {
        let policy = try ApprovalPolicy(Self.text, validSeconds: 60)
        #expect(policy.rule(for: Self.release(template, environment), tier: tier)?.description == expected)
    }

    @Test(arguments: ["environment", "environment=", "size=small", "environment=moon", "tier=gold+", "=x"])
    func `that cannot be read is refused as a whole`(_ text: String) {
        #expect(throws: ApprovalPolicy.Malformed.self) { try ApprovalPolicy(text, validSeconds: 60) }
    }

    @Test func `asks for nothing where there is none`() throws {
        let policy = try ApprovalPolicy("", validSeconds: 60)
        #expect(policy.rule(for: Self.release("odoo", .production), tier: "gold") == nil)
    }
}

@Suite struct `Differences of a file` {
    private let old = (1...20).map { "line \($0)\n" }.joined()

    @Test func `show three lines around each change, and its place`() {
        let new = old.replacing("line 2\n", with: "").replacing("line 15\n", with: "line 15\nfifteen and a half\n")
        #expect(
            LineDiff.unified(from: old, to: new, path: "a.yaml") == """
                --- a/a.yaml
                +++ b/a.yaml
                @@ -1,5 +1,4 @@
                 line 1
                -line 2
                 line 3
                 line 4
                 line 5
                @@ -13,6 +12,7 @@
                 line 13
                 line 14
                 line 15
                +fifteen and a half
                 line 16
                 line 17
                 line 18

                """)
    }

    @Test func `that are near each other are shown together`() {
        let new = old.replacing("line 5\n", with: "five\n").replacing("line 11\n", with: "eleven\n")
        let text = LineDiff.unified(from: old, to: new, path: "a")
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("@@") } == ["@@ -2,13 +2,13 @@"])
    }

    @Test func `say where the last line has no end`() {
        #expect(
            LineDiff.unified(from: "a", to: "a\n", path: "x")
                == "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")
    }

    @Test func `of equal files are none`() { #expect(LineDiff.unified(from: old, to: old, path: "a") == "") }
}
