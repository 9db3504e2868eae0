import AWS
import Application
import Foundation
import HTTPClient
import HTTPTypes
import Testing

@Suite struct `What AWS is told and answers` {
    private let ours = Ownership(deployment: "acme-shop", customer: "a&b", release: 3)

    private static let answers: [(Int, String, Reaction)] = [
        (429, #"{"ErrorCode":"ThrottlingException","Message":"slow down"}"#, .throttled),
        (
            400,
            "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
            .throttled
        ),
        (400, "<ErrorResponse><Error><Code>PriorRequestNotComplete</Code></Error></ErrorResponse>", .throttled),
        (503, "<Error><Code>SlowDown</Code></Error>", .throttled),
        (500, "", .unavailable), (502, "<html>Bad gateway", .unavailable),
        (400, "<Error><Code>RequestTimeout</Code></Error>", .unavailable),
        (409, #"{"ErrorCode":"IncorrectFileSystemLifeCycleState"}"#, .retryable),
        (409, "<Error><Code>OperationAborted</Code></Error>", .retryable),
    ]

    /// How an error is answered to: who is asked again, and who else is spared meanwhile.
    enum Reaction { case throttled, unavailable, retryable }

    @Test(arguments: answers)
    func `throttling and trouble on the other side are tried again`(status: Int, body: String, reaction: Reaction) {
        let found: Reaction? =
            switch failure(status, body) {
            case .throttled: .throttled
            case .unavailable: .unavailable
            case .retryable: .retryable
            case .answered, .refused: nil
            }
        #expect(found == reaction)
    }

    @Test(arguments: [
        (403, #"{"ErrorCode":"AccessPointLimitExceeded"}"#, "AccessPointLimitExceeded"),
        (404, "<ErrorResponse><Error><Code>NoSuchHostedZone</Code></Error></ErrorResponse>", "NoSuchHostedZone"),
        (
            400,
            "<InvalidChangeBatch><Messages><Message>a</Message><Message>b</Message></Messages></InvalidChangeBatch>",
            "InvalidChangeBatch"
        ),
        (400, #"{"__type":"com.amazon.coral#ValidationException","message":"no"}"#, "ValidationException"),
    ])
    func `other refusals keep their code`(status: Int, body: String, code: String) {
        guard case .answered(let answer) = failure(status, body) else {
            Issue.record("\(failure(status, body))")
            return
        }
        #expect(answer.code == code && answer.status == status)
    }

    @Test func `the messages of a refused change are joined, and secrets taken out`() {
        let body =
            "<InvalidChangeBatch><Messages><Message>AKIAIOSFODNN7EXAMPLE</Message><Message>b</Message></Messages></InvalidChangeBatch>"
        #expect(
            failure(400, body).providerError
                == .refused(reason: "AWS answered 400 to Test: InvalidChangeBatch ([redacted]; b)"))
    }

    @Test func `an access point that exists already is named`() {
        let body = #"{"ErrorCode":"AccessPointAlreadyExists","Message":"x","AccessPointId":"fsap-1"}"#
        guard case .answered(let answer) = failure(409, body) else {
            Issue.record("not answered")
            return
        }
        #expect(answer.accessPointID == "fsap-1")
    }

    @Test func `XML is read with references, comments, CDATA and prefixes`() throws {
        let text = """
            <?xml version="1.0"?><!-- a --><x:a xmlns:x="u"><b c="1">1 &lt; 2 &amp;&#65;&#x42;</b><b/><d><![CDATA[<&>]]></d></x:a>
            """
        let root = try #require(XMLNode(Array(text.utf8)))
        #expect(root.name == "a" && root.all("b").map(\.text) == ["1 < 2 &AB", ""] && root["d"]?.text == "<&>")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a></a><b></b>", "<a>&unknown;</a>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<a", String(repeating: "<a>", count: 100_000),
    ])
    func `what is not well-formed is not read`(text: String) { #expect(XMLNode(Array(text.utf8)) == nil) }

    @Test func `a bucket is made with its tags, and its region only outside us-east-1`() throws {
        for (region, isNamed) in [("us-east-1", false), ("eu-central-1", true)] {
            let messages = try S3Messages(bucket: "dc-shop", region: region, configuration: .init())
            let call = messages.create(ours)
            #expect(call.request.authority == "dc-shop.s3.\(region).amazonaws.com" && call.request.path == "/")
            let root = try #require(XMLNode(call.body))
            #expect((root["LocationConstraint"]?.text == region) == isNamed)
            #expect(
                S3Messages.tags(in: Array("<T><TagSet>\(tagText(call.body))</TagSet></T>".utf8))[
                    "deploycenter:customer"] == "a&b")
        }
    }

    @Test func `every setting of a bucket has a checksum`() throws {
        let messages = try S3Messages(bucket: "dc-shop", region: "eu-central-1", configuration: .init())
        let settings = messages.settings + [messages.retag(["a": "b"])]
        #expect(settings.count == 4)
        let name = try #require(HTTPField.Name("Content-MD5"))
        #expect(settings.allSatisfy { $0.request.headerFields[name]?.count == 24 })
    }

    @Test func `a bucket with dots and a foreign endpoint are addressed by path`() throws {
        let dotted = try S3Messages(bucket: "a.b", region: "eu-central-1", configuration: .init())
        #expect(dotted.head.request.authority == "s3.eu-central-1.amazonaws.com" && dotted.head.request.path == "/a.b")
        let configuration = try AWSConfiguration(environment: ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"])
        let local = try S3Messages(bucket: "ab", region: "eu-central-1", configuration: configuration)
        #expect(local.head.request.authority == "127.0.0.1:1" && local.head.request.path == "/ab")
    }

    @Test func `an address that is none is refused by its variable's name`() {
        #expect(throws: AWSFailure.refused(reason: "AWS_ENDPOINT_URL_ROUTE_53 holds no HTTP address")) {
            try AWSConfiguration(environment: ["AWS_ENDPOINT_URL_ROUTE_53": "nonsense"])
        }
    }

    @Test func `the elements of a change stand in the schema's order`() throws {
        let endpoint = try #require(Endpoint("https://route53.amazonaws.com"))
        let record = Route53Messages.RecordSet(name: "a.example.com", type: "TXT", ttlSeconds: 5, values: ["\"x&y\""])
        let call = Route53Messages.change(
            zone: "/hostedzone/Z1", comment: "c", [("CREATE", record)], endpoint: endpoint)
        #expect(call.request.path == "/2013-04-01/hostedzone/Z1/rrset/" && call.region == "us-east-1")
        #expect(
            String(decoding: call.body, as: UTF8.self).contains(
                "<ChangeBatch><Comment>c</Comment><Changes><Change><Action>CREATE</Action><ResourceRecordSet>"
                    + "<Name>a.example.com</Name><Type>TXT</Type><TTL>5</TTL><ResourceRecords><ResourceRecord>"
                    + "<Value>&quot;x&amp;y&quot;</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"))
    }

    private func failure(_ status: Int, _ body: String) -> AWSFailure {
        let reply = HTTPReply(head: HTTPResponse(status: .init(code: status)), body: Array(body.utf8))
        return AWSFailure(AWSErrorAnswer(operation: "Test", reply), after: nil)
    }

    private func tagText(_ body: [UInt8]) -> Substring {
        let text = String(decoding: body, as: UTF8.self)
        guard let start = text.range(of: "<Tags>"), let end = text.range(of: "</Tags>") else { return "" }
        return text[start.upperBound..<end.lowerBound]
    }
}

@Suite struct `Whose a name is` {
    private let request = RecordRequest(
        hostedZone: "Z1", name: "Shop.example.com", target: "LB.amazonaws.com",
        ownership: Ownership(deployment: "acme-shop", customer: "acme", release: 1))
    private typealias Record = Route53Messages.RecordSet
    private let own = Record(
        name: "_deploycenter.shop.example.com", type: "TXT", ttlSeconds: 300,
        values: ["\"heritage=deploycenter,deployment=acme-shop\""])
    private let foreign = Record(
        name: "_deploycenter.shop.example.com", type: "TXT", ttlSeconds: 300,
        values: ["\"heritage=deploycenter,deployment=other\""])

    @Test func `says the customer and the release too, and is read as it was written before`() {
        let written = NameClaim.ownershipValue(request.ownership)
        #expect(
            NameClaim.marks(in: [written]) == OwnershipMarks(deployment: "acme-shop", customer: "acme", release: 1))
        #expect(
            NameClaim.marks(in: own.values) == OwnershipMarks(deployment: "acme-shop", customer: nil, release: nil))
        let strangers = [
            "\"heritage=external-dns,deployment=acme-shop\"", "heritage=deploycenter,deployment=acme-shop",
            "\"v=spf1 -all\"", "\"heritage=deploycenter\"", "\"",
        ]
        for value in strangers { #expect(NameClaim.marks(in: [value]) == nil, "\(value)") }
        #expect(NameClaim.marks(in: [written, written]) == nil)
    }

    private func name(_ type: String = "CNAME", _ value: String = "lb.amazonaws.com.") -> Record {
        Record(name: "shop.example.com", type: type, ttlSeconds: 60, values: [value])
    }

    @Test func `a free name is created with its ownership`() {
        #expect(actions([], nil) == ["CREATE CNAME", "CREATE TXT"])
    }

    @Test func `our name that points right needs nothing`() { #expect(actions([name()], own) == []) }

    @Test func `our name that points elsewhere is overwritten`() {
        #expect(actions([name("CNAME", "old.amazonaws.com")], own) == ["UPSERT CNAME"])
    }

    @Test func `an ownership record alone is completed`() { #expect(actions([], own) == ["CREATE CNAME"]) }

    @Test func `a name of somebody else is refused`() {
        #expect(actions([name()], nil) == nil)
        #expect(actions([name()], foreign) == nil)
        #expect(actions([], foreign) == nil)
        #expect(actions([name("A", "192.0.2.1")], own) == nil)
        #expect(actions([name(), name("MX", "1 mail")], own) == nil)
    }

    @Test func `removing takes both of ours exactly as they are`() {
        guard case .changes(let changes) = NameClaim(records: [name("CNAME", "Old.")], ownership: own).removing(request)
        else {
            Issue.record("nothing to remove")
            return
        }
        #expect(changes.map(\.action) == ["DELETE", "DELETE"])
        #expect(changes.map(\.record) == [name("CNAME", "Old."), own])
    }

    @Test func `what is not ours is left alone, and ours is gone`() {
        for claim in [
            NameClaim(records: [], ownership: nil), .init(records: [name("A", "1")], ownership: nil),
            .init(records: [name()], ownership: foreign),
        ] {
            guard case .gone = claim.removing(request) else {
                Issue.record("\(claim)")
                return
            }
        }
    }

    @Test func `a name that points to us without a mark is not declared gone`() {
        guard case .refused = NameClaim(records: [name()], ownership: nil).removing(request) else {
            Issue.record("not refused")
            return
        }
    }

    /// nil: refused.
    private func actions(_ records: [Record], _ ownership: Record?) -> [String]? {
        switch NameClaim(records: records, ownership: ownership).making(request) {
        case .nothing: []
        case .changes(let changes): changes.map { "\($0.action) \($0.record.type)" }
        case .refused: nil
        }
    }
}
