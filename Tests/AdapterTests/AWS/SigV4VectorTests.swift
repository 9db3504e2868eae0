import AWS
import Cryptography
import EventSourcing
import HTTPTypes
import Testing

@Suite struct `Signatures for AWS` {
    /// One request of a published test and its signature.
    struct Vector: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var method = "GET"
        var path = "/"
        var query = ""
        var headers: [(name: String, value: String)] = []
        var body = ""
        let signature: String
    }

    /// From AWS' `aws-sig-v4-test-suite` (key AKIDEXAMPLE, service `service`, us-east-1, 2015-08-30T12:36:00Z).
    static let suite: [Vector] = [
        .init(
            testDescription: "get-vanilla",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        .init(
            testDescription: "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        .init(
            testDescription: "get-vanilla-empty-query-key", query: "Param1=value1",
            signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        .init(
            testDescription: "get-unreserved",
            path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        .init(
            testDescription: "get-utf8", path: "/\u{1234}",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        .init(
            testDescription: "normalize-path/get-relative", path: "/example/..",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        .init(
            testDescription: "normalize-path/get-slash", path: "//",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        .init(
            testDescription: "get-header-value-trim",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        .init(
            testDescription: "get-header-key-duplicate",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        .init(
            testDescription: "post-vanilla", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        .init(
            testDescription: "post-header-key-sort", method: "POST", headers: [("My-Header1", "value1")],
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        .init(
            testDescription: "post-x-www-form-urlencoded", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        .init(
            testDescription: "post-x-www-form-urlencoded-parameters", method: "POST",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf8")], body: "Param1=value1",
            signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
    ]

    @Test(arguments: suite)
    func `the published test suite has its signatures`(vector: Vector) {
        let headers =
            [(name: "Host", value: "example.amazonaws.com"), (name: "X-Amz-Date", value: "20150830T123600Z")]
            + vector.headers
        let canonical = SigV4.canonicalRequest(
            method: vector.method, path: vector.path, query: vector.query, headers: headers,
            signedHeaders: Set(headers.map { $0.name.lowercased() }).sorted(),
            payloadHash: SHA256.hash(utf8: vector.body).hex, doubleEncodePath: true)
        let scope = SigV4.Scope(date: "20150830", region: "us-east-1", service: "service")
        let signature = SigV4.signature(
            stringToSign: SigV4.stringToSign(canonicalRequest: canonical, time: "20150830T123600Z", scope: scope),
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope: scope)
        #expect(signature == vector.signature, "\(canonical)")
    }

    /// IAM User Guide, "Create a signed AWS API request", the example of `ListUsers`.
    @Test func `ListUsers of the IAM documentation goes through its three steps`() {
        let canonical = SigV4.canonicalRequest(
            method: "GET", path: "/", query: "Action=ListUsers&Version=2010-05-08",
            headers: [
                ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), ("Host", "iam.amazonaws.com"),
                ("X-Amz-Date", "20150830T123600Z"),
            ], signedHeaders: ["content-type", "host", "x-amz-date"], payloadHash: SHA256.hash([]).hex,
            doubleEncodePath: true)
        #expect(
            SHA256.hash(utf8: canonical).hex == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59")
        let scope = SigV4.Scope(date: "20150830", region: "us-east-1", service: "iam")
        let text = SigV4.stringToSign(canonicalRequest: canonical, time: "20150830T123600Z", scope: scope)
        #expect(
            SigV4.signature(
                stringToSign: text, secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope: scope)
                == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    }

    /// S3 API Reference, "Authenticating Requests: Using the Authorization Header", its four examples.
    static let s3: [Vector] = [
        .init(
            testDescription: "GET Object", path: "/test.txt", headers: [("Range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        .init(
            testDescription: "PUT Object", method: "PUT", path: "/test%24file.text",
            headers: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        .init(
            testDescription: "GET Bucket Lifecycle", query: "lifecycle",
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        .init(
            testDescription: "List Objects", query: "max-keys=2&prefix=J",
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test(arguments: s3)
    func `requests of the S3 documentation get its signatures from the signer`(vector: Vector) throws {
        let target = vector.query.isEmpty ? vector.path : "\(vector.path)?\(vector.query)"
        var headers = HTTPFields()
        for (name, value) in vector.headers { headers[try #require(HTTPField.Name(name))] = value }
        let request = HTTPRequest(
            method: try #require(.init(vector.method)), scheme: "https", authority: "examplebucket.s3.amazonaws.com",
            path: target, headerFields: headers)
        let signer = AWSRequestSigner(
            credentials: .init(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1", service: "s3")
        let signed = signer.sign(
            request, body: Array(vector.body.utf8), at: try #require(Timestamp("2013-05-24T00:00:00Z")))
        let authorization = try #require(signed.headerFields[.authorization])
        #expect(authorization.hasSuffix("Signature=\(vector.signature)"), "\(authorization)")
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="))
    }

    @Test func `a session token is sent and signed`() throws {
        let signer = AWSRequestSigner(
            credentials: .init(accessKeyID: "A", secretAccessKey: "S", sessionToken: "T"), region: "eu-west-1",
            service: "route53")
        let request = HTTPRequest(method: .get, scheme: "https", authority: "route53.amazonaws.com", path: "/")
        let signed = signer.sign(request, body: [], at: Timestamp(microseconds: 0))
        #expect(signed.headerFields[try #require(.init("x-amz-security-token"))] == "T")
        #expect(signed.headerFields[.authorization]?.contains("host;x-amz-date;x-amz-security-token,") == true)
    }

    @Test func `credentials do not show themselves`() {
        let credentials = AWSCredentials(accessKeyID: "AKIAX", secretAccessKey: "hush", sessionToken: "hush")
        var text = "\(credentials) \(String(reflecting: credentials))"
        dump(credentials, to: &text)
        #expect(!text.contains("hush") && !text.contains("AKIAX"))
    }
}
