import Cryptography
package import EventSourcing
package import HTTPTypes

/// Puts a signature on a request, in its headers.
package struct AWSRequestSigner: Sendable {
    package let credentials: AWSCredentials
    package let region: String
    /// The name in the signature's scope, such as `elasticfilesystem`.
    package let service: String

    package init(credentials: AWSCredentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// Signs all header fields that are there, the host and the time; S3 also gets the payload's digest as a header.
    package func sign(_ request: HTTPRequest, body: [UInt8], at now: Timestamp) -> HTTPRequest {
        var signed = request
        let time = now.basicFormat
        let payloadHash = SHA256.hash(body).hex
        signed.headerFields[.amzDate] = time
        signed.headerFields[.amzSecurityToken] = credentials.sessionToken
        if service == "s3" { signed.headerFields[.amzContentSHA256] = payloadHash }
        let headers =
            [(name: "host", value: signed.authority ?? "")]
            + signed.headerFields.map { (name: $0.name.canonicalName, value: $0.value) }
        let names = Set(headers.map(\.name)).sorted()
        let target = (signed.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let canonical = SigV4.canonicalRequest(
            method: signed.method.rawValue, path: String(target[0]), query: target.count > 1 ? String(target[1]) : "",
            headers: headers, signedHeaders: names, payloadHash: payloadHash, doubleEncodePath: service != "s3")
        let scope = SigV4.Scope(date: String(time.prefix(8)), region: region, service: service)
        let signature = SigV4.signature(
            stringToSign: SigV4.stringToSign(canonicalRequest: canonical, time: time, scope: scope),
            secretAccessKey: credentials.secretAccessKey, scope: scope)
        signed.headerFields[.authorization] = SigV4.authorization(
            accessKeyID: credentials.accessKeyID, scope: scope, signedHeaders: names, signature: signature)
        return signed
    }
}

extension Timestamp {
    /// ISO 8601 without separators, to the second: `20150830T123600Z`.
    package var basicFormat: String {
        description.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
    }
}

extension HTTPField.Name {
    // Each is a token of letters and hyphens, which is all that the initialiser asks for; `Name` has no literal.
    static var amzDate: Self { known("X-Amz-Date") }
    static var amzSecurityToken: Self { known("X-Amz-Security-Token") }
    static var amzContentSHA256: Self { known("X-Amz-Content-Sha256") }
    static var amzErrorType: Self { known("x-amzn-ErrorType") }
    static var amzRequestID: Self { known("x-amzn-RequestId") }
    static var contentMD5: Self { known("Content-MD5") }
    static var amzRetryAfter: Self { known("x-amz-retry-after") }

    private static func known(_ text: String) -> Self {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no field name") }
        return name
    }
}
