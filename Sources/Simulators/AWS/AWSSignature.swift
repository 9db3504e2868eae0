import Cryptography
import EventSourcing

/// Verifies Signature Version 4, written from its specification apart from the adapter that makes such signatures.
struct AWSSignature: Sendable {
    /// Why a request is not believed; each service says it in its own words.
    enum Refusal: Error, Sendable {
        case missing
        case malformed(String)
        case unknownKey
        case expiredToken
        case skewed(String)
        case wrongRegion(expected: String)
        case mismatch
        case payloadMismatch
    }

    let accessKeyID: String
    let service: String
    let region: String
    private let date: String
    private let signedHeaders: [String]
    private let signature: String
    private let call: Call

    /// Reads the `Authorization` header; nil where there is none.
    init?(_ call: Call) throws(Refusal) {
        guard let header = call.header("authorization") else { return nil }
        guard header.hasPrefix("AWS4-HMAC-SHA256 ") else { throw .malformed("Unsupported authorization type") }
        var parts: [String: String] = [:]
        for part in header.dropFirst(17).split(separator: ",") {
            let pair = part.trimming { $0 == " " }.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        let scope = (parts["Credential"] ?? "").split(separator: "/").map(String.init)
        guard scope.count == 5, scope[4] == "aws4_request", let signed = parts["SignedHeaders"],
            let signature = parts["Signature"]
        else { throw .malformed("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.") }
        accessKeyID = scope[0]
        date = scope[1]
        region = scope[2]
        service = scope[3]
        signedHeaders = signed.split(separator: ";").map(String.init)
        self.signature = signature
        self.call = call
    }

    /// Fifteen minutes to either side, as AWS allows.
    func verify(secret: String, region expected: String, now: Timestamp) throws(Refusal) {
        let stamp = call.header("x-amz-date") ?? ""
        guard let time = Self.time(stamp), stamp.hasPrefix(date) else {
            throw .malformed("AWS authentication requires a valid Date or x-amz-date header")
        }
        guard abs(time.seconds - now.seconds) <= 900 else { throw .skewed(stamp) }
        guard region == expected else { throw .wrongRegion(expected: expected) }
        // What changes a request's meaning has to be signed.
        let needed = ["host"] + call.headers.keys.filter { $0.hasPrefix("x-amz-") && $0 != "x-amz-user-agent" }
        guard needed.allSatisfy(signedHeaders.contains) else { throw .mismatch }
        let payload = SHA256.hash(call.body).hex
        let declared = call.header("x-amz-content-sha256")
        if let declared, declared != payload, !(service == "s3" && declared == "UNSIGNED-PAYLOAD") {
            throw .payloadMismatch
        }
        let canonical = canonicalRequest(payload: declared ?? payload)
        let scope = "\(date)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(SHA256.hash(utf8: canonical).hex)"
        var key = Array("AWS4\(secret)".utf8)
        for part in [date, region, service, "aws4_request"] {
            key = HMACSHA256.authenticate(Array(part.utf8), key: key)
        }
        let right = HMACSHA256.authenticate(Array(text.utf8), key: key).hex
        guard constantTimeEqual(Array(right.utf8), Array(signature.utf8)) else { throw .mismatch }
    }

    private func canonicalRequest(payload: String) -> String {
        // All services but S3 sign the path as sent, encoded once more.
        let path = service == "s3" ? call.path : Self.encoded(call.path, keeping: "/")
        let query = call.query.split(separator: "&").map { item -> String in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count > 1 ? percentDecoded(pair[1]) : ""
            return "\(Self.encoded(percentDecoded(pair[0])))=\(Self.encoded(value))"
        }.sorted().joined(separator: "&")
        let headers = signedHeaders.map { name in
            let value = (call.header(name) ?? "").split(separator: " ", omittingEmptySubsequences: true)
            return "\(name):\(value.joined(separator: " "))\n"
        }.joined()
        return [call.method, path, query, headers, signedHeaders.joined(separator: ";"), payload]
            .joined(separator: "\n")
    }

    private static func encoded(_ text: String, keeping: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~\(keeping)".utf8)
        let bytes = text.utf8.flatMap { byte in
            kept.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `20261123T010203Z`.
    private static func time(_ stamp: String) -> Timestamp? {
        let text = Array(stamp)
        guard text.count == 16 else { return nil }
        let part = { (range: Range<Int>) in String(text[range]) }
        return Timestamp(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }
}
