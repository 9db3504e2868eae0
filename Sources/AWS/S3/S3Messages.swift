package import Application
import Cryptography
import HTTPClient
import HTTPTypes

/// Requests to S3 about one bucket, and what they answer, without sending anything.
package struct S3Messages: Sendable {
    private let endpoint: Endpoint
    private let segments: [String]
    private let region: String
    private static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    package init(bucket: String, region: String, configuration: AWSConfiguration) throws(AWSFailure) {
        guard let (endpoint, segments) = configuration.bucket(bucket, region: region) else {
            throw .refused(reason: "\(region) is no AWS region")
        }
        self.endpoint = endpoint
        self.segments = segments
        self.region = region
    }

    package var head: AWSCall { call("HeadBucket", .head) }
    package var delete: AWSCall { call("DeleteBucket", .delete) }
    package var tagging: AWSCall { call("GetBucketTagging", .get, query: [("tagging", "")]) }
    /// One version is enough to know that there is one.
    package var firstVersion: AWSCall {
        call("ListObjectVersions", .get, query: [("max-keys", "1"), ("versions", "")])
    }

    /// With its tags, so that there is no moment in which the bucket is nobody's. `us-east-1` must not be named.
    package func create(_ ownership: Ownership) -> AWSCall {
        let location = region == "us-east-1" ? "" : "<LocationConstraint>\(region)</LocationConstraint>"
        let body = document("CreateBucketConfiguration", location + "<Tags>\(Self.elements(ownership.tags))</Tags>")
        return call("CreateBucket", .put, body: body)
    }

    /// Everything that a bucket of ours must be; each may be repeated.
    package var settings: [AWSCall] {
        let block = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
            .map { "<\($0)>true</\($0)>" }.joined()
        let encryption =
            "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
            + "</ApplyServerSideEncryptionByDefault></Rule>"
        return [
            put("PutPublicAccessBlock", "publicAccessBlock", "PublicAccessBlockConfiguration", block),
            put("PutBucketEncryption", "encryption", "ServerSideEncryptionConfiguration", encryption),
            put("PutBucketVersioning", "versioning", "VersioningConfiguration", "<Status>Enabled</Status>"),
        ]
    }

    /// Takes the place of all tags, so those that others put on a bucket of ours have to be among them.
    package func retag(_ tags: [String: String]) -> AWSCall {
        let sorted = tags.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        return put("PutBucketTagging", "tagging", "Tagging", "<TagSet>\(Self.elements(sorted))</TagSet>")
    }

    package static func tags(in body: [UInt8]) -> [String: String] {
        let tags = XMLNode(body)?["TagSet"]?.all("Tag") ?? []
        return Dictionary(
            tags.compactMap { tag in tag["Key"].flatMap { key in tag["Value"].map { (key.text, $0.text) } } },
            uniquingKeysWith: { first, _ in first })
    }

    /// nil where the answer is not a listing: then nothing may be concluded from it.
    package static func holdsVersions(_ body: [UInt8]) -> Bool? {
        guard let root = XMLNode(body), root.name == "ListVersionsResult" else { return nil }
        return !root.all("Version").isEmpty || !root.all("DeleteMarker").isEmpty
    }

    private func put(_ operation: String, _ parameter: String, _ root: String, _ content: String) -> AWSCall {
        call(operation, .put, query: [(parameter, "")], body: document(root, content))
    }

    private func document(_ root: String, _ content: String) -> [UInt8] {
        Array("<\(root) xmlns=\"\(Self.namespace)\">\(content)</\(root)>".utf8)
    }

    /// S3 refuses settings without a checksum of the body.
    private func call(
        _ operation: String, _ method: HTTPRequest.Method, query: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) -> AWSCall {
        var headers = HTTPFields()
        if !body.isEmpty {
            headers[.contentType] = "application/xml"
            headers[.contentMD5] = MD5.hash(body).base64
        }
        return AWSCall(
            service: .s3, operation: operation, region: region,
            request: endpoint.request(method, segments, query: query, headerFields: headers), body: body)
    }

    func listing(_ operation: String, query: [(name: String, value: String)]) -> AWSCall {
        call(operation, .get, query: query)
    }

    /// One object, by its name with slashes.
    func object(
        _ operation: String, _ method: HTTPRequest.Method, _ key: String, _ fields: HTTPFields = HTTPFields(),
        _ body: [UInt8] = [], query: [(name: String, value: String)] = []
    ) -> AWSCall {
        var headers = fields
        if !body.isEmpty { headers[.contentMD5] = MD5.hash(body).base64 }
        let path = segments + key.split(separator: "/").map(String.init)
        return AWSCall(
            service: .s3, operation: operation, region: region,
            request: endpoint.request(method, path, query: query, headerFields: headers), body: body)
    }

    private static func elements(_ tags: [(key: String, value: String)]) -> String {
        tags.map {
            "<Tag><Key>\(XMLNode.escaped($0.key))</Key><Value>\(XMLNode.escaped($0.value))</Value></Tag>"
        }.joined()
    }
}
