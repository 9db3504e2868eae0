import Application
import Domain
import EventSourcing
import ProcessManagers
import TestSupport
import Testing

@Suite struct `What is stuck` {
    private static let now = Timestamp(microseconds: 1_700_000_000_000_000)
    private static let row = DeploymentEffect.perform(.bucket, release: 3)

    /// A deployment as the view shows it, with these members otherwise.
    private static func standing(_ state: String, _ members: [String: JSONValue] = [:]) throws -> DeploymentStanding {
        var row: [String: JSONValue] = [
            "id": "acme-shop-production", "release": 3, "state": .string(state), "template": "odoo",
            "updatedAt": .string("\(now + .seconds(-600))"), "repository": "example/apps",
            "fileSystem": "fs-1", "accessPoint": "fsap-1", "bucket": "dc-acme-shop-production",
        ]
        row.merge(members) { $1 }
        return try JSONText.decode(DeploymentStanding.self, from: try JSONText.encode(JSONValue.object(row)))
    }

    private static func effect(
        _ effect: DeploymentEffect, _ state: EffectRow.State, since seconds: Int, due: Int = 0,
        circuit: String = "aws_s3/eu-central-1", failures: Int = 0, reason: String? = nil
    ) -> EffectRow {
        EffectRow(
            id: "deployment-acme-shop-production/7/0", stream: "deployment-acme-shop-production", work: effect.payload,
            state: state, system: "aws_s3", circuit: circuit, cluster: "eu-1", customer: "acme",
            createdAt: now + .seconds(-seconds), dueAt: now + .seconds(due), endedAt: nil, failures: failures,
            forgiven: 0, reason: reason, worker: nil, leaseUntil: nil)
    }

    private static func effect(
        _ state: EffectRow.State, since seconds: Int, due: Int = 0, failures: Int = 0, reason: String? = nil
    ) -> EffectRow {
        effect(row, state, since: seconds, due: due, failures: failures, reason: reason)
    }

    private static func judgement(
        _ circuits: [CircuitStatus] = [], _ expected: ExpectedTimes = ExpectedTimes(), owners: Owners = .unnamed
    ) -> StuckJudgement {
        StuckJudgement(now: now, circuits: circuits, expected: expected, owners: owners)
    }

    private static func circuit(probe: Int? = nil, throttled: Int? = nil, reason: String?) -> CircuitStatus {
        CircuitStatus(
            circuit: "aws_s3/eu-central-1", system: "aws_s3", state: probe == nil ? "closed" : "open", failures: 5,
            reason: reason, changedAt: nil, probeAt: probe.map { now + .seconds($0) },
            throttledUntil: throttled.map { now + .seconds($0) }, waiting: 1, working: 0)
    }

    /// What a sentence is made from, and the sentence.
    struct Case {
        let name: String
        let kind: StuckDeployment.Kind?
        let sentence: String
        let judgement: StuckJudgement
        let standing: DeploymentStanding
        let effects: [EffectRow]

        init(
            _ name: String, _ kind: StuckDeployment.Kind?, _ sentence: String = "",
            _ judgement: StuckJudgement = `What is stuck`.judgement(), _ standing: DeploymentStanding,
            _ effects: [EffectRow] = []
        ) {
            self.name = name
            self.kind = kind
            self.sentence = sentence
            self.judgement = judgement
            self.standing = standing
            self.effects = effects
        }
    }

    private static var history: ExpectedTimes {
        var expected = ExpectedTimes()
        expected.add("bucket", template: nil, count: 50, p95Seconds: 40)
        expected.add("bucket", template: "odoo", count: 5, p95Seconds: 70)
        expected.add("name", template: "odoo", count: 4, p95Seconds: 1)
        return expected
    }

    private static func cases() throws -> [Case] {
        let working = try standing("provisioning")
        let incomplete = try standing(
            "compensation_incomplete",
            ["remaining": ["bucket", "access_point"], "lastProblem": "bucket: 409 BucketNotEmpty"])
        return [
            Case("a step within its time", nil, "", judgement([], history), working, [effect(.working, since: 69)]),
            Case(
                "a step beyond what the template's releases needed", .slow,
                "The step bucket of release 3 has taken 1 min 11 s with 1 failed attempt, and 95 of 100 releases of odoo needed no more than 1 min 10 s; last seen: 503 Slow Down.",
                judgement([], history), working,
                [effect(.scheduled, since: 71, due: 5, failures: 1, reason: "503 Slow Down")]),
            Case(
                "a template without a history of its own", .slow,
                "The step bucket of release 3 has taken 41 s, and 95 of 100 releases needed no more than 40 s.",
                judgement([], history), try standing("provisioning", ["template": "moodle"]),
                [effect(.working, since: 41)]),
            Case(
                "too short a history", nil, "", judgement([], history), working,
                [effect(.perform(.name, release: 3), .working, since: 41)]),
            Case("a step before its deadline", nil, "", judgement(), working, [effect(.working, since: 639)]),
            Case(
                "a step after its deadline", .slow,
                "The taking back of bucket of release 3 has taken 10 min 41 s, and its deadline is 10 min 40 s.",
                judgement(), try standing("compensating"), [effect(.undo(.bucket, release: 3), .working, since: 641)]),
            Case(
                "a system that does not answer", .systemHeld,
                "The step bucket of release 3 waits because aws_s3/eu-central-1 does not answer (connection refused), and one effect tries it again at \(now + .seconds(9)).",
                judgement([circuit(probe: 9, reason: "connection refused")]), working, [effect(.held, since: 5)]),
            Case(
                "a system that has asked to be spared", .systemHeld,
                "The step bucket of release 3 waits because aws_s3/eu-central-1 has asked to be spared until \(now + .seconds(60)) (429).",
                judgement([circuit(throttled: 60, reason: "429")]), working, [effect(.held, since: 5)]),
            Case("what has just become due", nil, "", judgement(), working, [effect(.due, since: 5, due: -30)]),
            Case(
                "what nobody takes", .unclaimed,
                "The step bucket of release 3 has been due since \(now + .seconds(-31)) and no worker has taken it: none runs, or the limits of aws_s3/eu-central-1 let others go first.",
                judgement(), working, [effect(.due, since: 40, due: -31)]),
            Case(
                "a sync window", .syncWindow,
                "The step sync of release 3 waits for a sync window of its Argo CD project and looks again at \(now + .seconds(300)); last seen: blocked by sync window.",
                judgement(), working,
                [effect(.perform(.sync, release: 3), .scheduled, since: 5, due: 300, reason: "blocked by sync window")]),
            Case(
                "what this build cannot do", .parked,
                "The step bucket of release 3 is left to a newer build, as this one cannot do it; last seen: unknown.",
                judgement(),
                working, [effect(.parked, since: 5, reason: "unknown")]),
            Case(
                "what comes first of two", .systemHeld,
                "The step bucket of release 3 waits because aws_s3/eu-central-1 is not asked now.", judgement(),
                working,
                [effect(.perform(.name, release: 3), .due, since: 90, due: -90), effect(.held, since: 5)]),
            Case(
                "nothing named", .idle,
                "Release 3 is provisioning, and nothing is to be done for it: what decides the next step has not got to its last event.",
                judgement(), working, [effect(.watchDeadline(release: 3, seconds: 60), .scheduled, since: 600, due: 60)]
            ),
            Case(
                "an incomplete compensation", .incomplete,
                "There remain the bucket dc-acme-shop-production and the access point fsap-1 of fs-1 (the last attempt said: bucket: 409 BucketNotEmpty): ask who owns the AWS account of dc-acme-shop-production and who owns the AWS account of fs-1, then try again.",
                judgement(), incomplete),
            Case(
                "whom the configuration names", .incomplete,
                "There remain the bucket dc-acme-shop-production and the access point fsap-1 of fs-1 (the last attempt said: bucket: 409 BucketNotEmpty): ask cloud@example.com, then try again.",
                judgement(owners: Owners(named: ["aws": "cloud@example.com"])), incomplete),
            Case(
                "a release that is held", .held,
                "Release 3 failed at health (Degraded) and keeps what it made until somebody retries or cancels it, or its time is over.",
                judgement(), try standing("held", ["failedStep": "health", "reason": "Degraded"])),
            Case(
                "an approval that expires soon", .approvalExpires,
                "Release 4 expires at \(now + .seconds(14_399)) unless somebody else than dana approves it, as environment=production asks for.",
                judgement(), try awaiting(seconds: 14_399)),
            Case("an approval with time", nil, "", judgement(), try awaiting(seconds: 14_400)),
            Case("what runs", nil, "", judgement(), try standing("live")),
        ]
    }

    private static func awaiting(seconds: Int) throws -> DeploymentStanding {
        try standing(
            "awaiting_approval",
            [
                "awaiting": [
                    "number": 4, "rule": "environment=production", "requestedBy": "dana",
                    "expiresAt": .string("\(now + .seconds(seconds))"),
                ]
            ])
    }

    @Test func `is explained in one sentence`() throws {
        for this in try Self.cases() {
            let found = this.judgement.finding(of: this.standing, effects: this.effects)
            #expect(found?.kind == this.kind, "\(this.name)")
            #expect(found?.sentence ?? "" == this.sentence, "\(this.name)")
        }
    }

    @Test func `is said of a deployment whose events nobody can read`() {
        let parked = ParkedStream(
            stream: StreamName(category: "deployment", id: "acme-shop-production"), version: 7, position: Position(40),
            reason: "deployment.unheard_of, version 1")
        let found = Self.judgement().finding(of: parked)
        #expect(found.kind == .parked)
        #expect(
            found.sentence.hasPrefix("No build that runs here can read its event 7 (deployment.unheard_of, version 1)"))
    }

    @Test func `comes with what remains, whom to ask, and the way to try again`() throws {
        let standing = try Self.standing(
            "decommission_incomplete",
            [
                "remaining": ["application", "commit", "name"], "domain": "shop.acme.example",
                "applicationProject": "customers",
            ])
        let remains = standing.remainders(.unnamed)
        #expect(remains.map(\.system) == ["argocd", "github", "aws_route53"])
        #expect(
            remains.map(\.ask) == [
                "who administers the Argo CD project customers", "who administers example/apps",
                "who owns the hosted zone of shop.acme.example",
            ])
        #expect(standing.actions.map(\.path) == ["/api/v1/deployments/acme-shop-production/retry"])
        #expect(try Self.standing("live", ["remaining": ["bucket"]]).remainders(.unnamed).isEmpty)
    }

    @Test(arguments: [
        ("held", ["retryDeployment", "cancelDeployment"]),
        ("awaiting_approval", ["approveDeployment", "rejectDeployment"]),
        ("live", []),
    ])
    func `names what can be done`(_ state: String, _ operations: [String]) throws {
        #expect(try Self.standing(state).actions.map(\.operation) == operations)
        let removal: JSONValue = ["removesAt": .string("\(Self.now)")]
        let ending = try Self.standing("decommissioned", ["dataRemoval": removal])
        #expect(ending.actions.map(\.operation) == ["withdrawDataRemoval"])
    }
}
