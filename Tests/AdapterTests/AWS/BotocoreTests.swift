import AWS
import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Subprocess
import TestSupport
import Testing

@Suite struct `Signatures beside botocore's` {
    /// What botocore is given, and signs by itself.
    private struct Case: Encodable {
        let method: String
        let url: String
        let headers: [[String]]
        let body: String
        let service: String
        let region: String
        let time: String
    }

    @Test(.enabled(if: Python.has("botocore"), "Python's botocore is not installed"))
    func `five hundred random requests get the same signatures`() async throws {
        var random = SeededRandom(for: "five hundred random requests get the same signatures")
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: "sEcReT/+key", sessionToken: "t/+=")
        var cases: [Case] = []
        var signatures: [String] = []
        for _ in 1...500 {
            let (item, signed) = try signedRequest(credentials, &random)
            cases.append(item)
            let authorization = try #require(signed.headerFields[.authorization])
            signatures.append(String(authorization.suffix(64)))
        }
        let input = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        let result = try await Subprocess.run(
            Python.executable, arguments: Python.arguments(["-c", Self.script]), input: .string(input),
            output: .string(limit: 1 << 20),
            error: .currentStandardError)
        let theirs = try JSONDecoder().decode([String].self, from: Data(result.standardOutput.utf8))
        #expect(theirs.count == signatures.count)
        for (index, pair) in zip(theirs, signatures).enumerated() where pair.0 != pair.1 {
            Issue.record("\(cases[index])")
            break
        }
    }

    private func signedRequest(
        _ credentials: AWSCredentials, _ random: inout SeededRandom
    ) throws -> (Case, HTTPRequest) {
        let service = ["s3", "route53", "elasticfilesystem", "sts"].randomElement(using: &random) ?? "s3"
        let region = ["us-east-1", "eu-central-1"].randomElement(using: &random) ?? "us-east-1"
        let endpoint = try #require(Endpoint("https://host-\(Int.random(in: 1...9, using: &random)).example.com"))
        let segments = (0..<Int.random(in: 1...4, using: &random)).map { _ in text(&random) }
        let query = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            (name: text(&random) + "k", value: text(&random))
        }
        var headers = HTTPFields()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let name = try #require(HTTPField.Name("X-Test-\(Int.random(in: 1...5, using: &random))"))
            let gap = String(repeating: " ", count: Int.random(in: 1...3, using: &random))
            headers[name] = "a\(gap)b=\(Int.random(in: 1...99, using: &random))"
        }
        let body = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 32...126, using: &random) }
        let method = [HTTPRequest.Method.get, .put, .post, .delete].randomElement(using: &random) ?? .get
        let request = endpoint.request(method, segments, query: query, headerFields: headers)
        let now = Timestamp(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &random))
        let signed = AWSRequestSigner(credentials: credentials, region: region, service: service)
            .sign(request, body: body, at: now)
        let item = Case(
            method: method.rawValue, url: "https://\(request.authority ?? "")\(request.path ?? "")",
            headers: headers.map { [$0.name.rawName, $0.value] }, body: String(decoding: body, as: UTF8.self),
            service: service, region: region, time: now.basicFormat)
        return (item, signed)
    }

    private func text(_ random: inout SeededRandom) -> String {
        let characters = Array("abcXYZ019-._~ +%/=&?#:@!$'()*,;[]äß€😀..")
        return String(
            (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in characters.randomElement(using: &random) })
    }

    private static let script = #"""
        import json, sys
        from botocore.auth import SigV4Auth, S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        credentials = Credentials("AKIDEXAMPLE", "sEcReT/+key", "t/+=")
        signatures = []
        for case in json.load(sys.stdin):
            kind = S3SigV4Auth if case["service"] == "s3" else SigV4Auth
            auth = kind(credentials, case["service"], case["region"])
            request = AWSRequest(method=case["method"], url=case["url"], data=case["body"].encode())
            for name, value in case["headers"]: request.headers[name] = value
            request.context["timestamp"] = case["time"]
            request.context["payload_signing_enabled"] = True
            auth._modify_request_before_signing(request)
            del request.headers["X-Amz-Date"]
            request.headers["X-Amz-Date"] = case["time"]
            text = auth.string_to_sign(request, auth.canonical_request(request))
            signatures.append(auth.signature(text, request))
        print(json.dumps(signatures))
        """#
}
