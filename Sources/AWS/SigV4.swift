import Cryptography
import HTTPClient

/// AWS Signature Version 4 as pure functions: used to sign, and by a stand-in for AWS to verify.
///
/// The rules are those of botocore's `auth.py`.
package enum SigV4 {
    package static let algorithm = "AWS4-HMAC-SHA256"
    /// In place of the digest where the payload is not part of the signature.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// `path` and `query` as they are on the request line (percent-encoded once), `query` without its question mark.
    ///
    /// All services but S3 normalise the path and encode it a second time.
    package static func canonicalRequest(
        method: String, path: String, query: String, headers: [(name: String, value: String)], signedHeaders: [String],
        payloadHash: String, doubleEncodePath: Bool
    ) -> String {
        let names = signedHeaders.map { $0.lowercased() }.sorted()
        return [
            method, doubleEncodePath ? encodedAgain(normalized(path)) : (path.isEmpty ? "/" : path),
            canonicalQuery(query), names.map { "\($0):\(canonicalValue(of: $0, in: headers))\n" }.joined(),
            names.joined(separator: ";"), payloadHash,
        ].joined(separator: "\n")
    }

    /// What the signature covers: the digest of the canonical request, its time and its scope.
    package static func stringToSign(canonicalRequest: String, time: String, scope: Scope) -> String {
        [algorithm, time, scope.description, SHA256.hash(utf8: canonicalRequest).hex].joined(separator: "\n")
    }

    package static func signature(stringToSign: String, secretAccessKey: String, scope: Scope) -> String {
        let parts = [scope.date, scope.region, scope.service, "aws4_request"]
        let key = parts.reduce(Array("AWS4\(secretAccessKey)".utf8)) { key, part in
            HMACSHA256.authenticate(Array(part.utf8), key: key)
        }
        return HMACSHA256.authenticate(Array(stringToSign.utf8), key: key).hex
    }

    /// The value of the `Authorization` header.
    package static func authorization(
        accessKeyID: String, scope: Scope, signedHeaders: [String], signature: String
    ) -> String {
        let names = signedHeaders.map { $0.lowercased() }.sorted().joined(separator: ";")
        return "\(algorithm) Credential=\(accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// Where and when a signature holds.
    package struct Scope: Hashable, Sendable, CustomStringConvertible {
        /// `yyyyMMdd`, UTC.
        package let date: String
        package let region: String
        package let service: String

        package init(date: String, region: String, service: String) {
            self.date = date
            self.region = region
            self.service = service
        }

        package var description: String { "\(date)/\(region)/\(service)/aws4_request" }
    }
}

extension SigV4 {
    /// Values of one name joined with commas, each without outer blanks and with inner runs of blanks made one.
    private static func canonicalValue(of name: String, in headers: [(name: String, value: String)]) -> String {
        headers.filter { $0.name.lowercased() == name }
            .map { $0.value.split { $0.isWhitespace }.joined(separator: " ") }
            .joined(separator: ",")
    }

    /// Sorted by encoded name, then by encoded value.
    private static func canonicalQuery(_ query: String) -> String {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (encoded(parts[0]), parts.count > 1 ? encoded(parts[1]) : "")
        }
        .sorted { $0 < $1 }
        .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// One spelling for what may be encoded in several: decoded once, then encoded strictly.
    private static func encoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let decoded = [UInt8](hex: String(decoding: rest.prefix(2), as: UTF8.self)),
                decoded.count == 1
            {
                bytes += decoded
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return Endpoint.percentEncoded(String(decoding: bytes, as: UTF8.self))
    }

    /// Without empty, `.` and `..` segments; a slash at the end stays.
    private static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        return "/" + kept.joined(separator: "/") + (path.hasSuffix("/") && !kept.isEmpty ? "/" : "")
    }

    private static func encodedAgain(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { Endpoint.percentEncoded(String($0)) }
            .joined(separator: "/")
    }
}
