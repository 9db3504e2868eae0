import Cryptography
import EventSourcing

/// A bucket: its settings as they were put, and the versions of its objects, oldest first.
struct S3Bucket: Codable, Sendable, Equatable {
    /// One version of an object; a delete marker has no body.
    struct Version: Codable, Sendable, Equatable {
        let id: String
        let body: String?
        let type: String
        let modified: Timestamp

        var bytes: [UInt8] { [UInt8](base64: body ?? "") ?? [] }
        var tag: String { "\"\(MD5.hash(bytes).hex)\"" }
    }

    let createdAt: Timestamp
    /// By subresource: `encryption`, `tagging` …
    var settings: [String: String] = [:]
    var objects: [String: [Version]] = [:]

    var isVersioned: Bool { settings["versioning"]?.contains("<Status>Enabled</Status>") ?? false }
}

/// S3: buckets, their settings, and just enough objects to fill and empty them.
struct S3: Sendable {
    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    let configuration: SimulatorConfiguration.AWS
    let now: Timestamp
    let requestID: String

    /// Bucket and key, from the host (`bucket.s3.region…`) or from the path.
    static func address(_ call: Call) -> (bucket: String?, key: String) {
        let host = (call.header("host") ?? "").split(separator: ":").first.map(String.init) ?? ""
        var parts = call.path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).dropFirst()
            .joined()
        let end = (host.firstRange(of: ".s3.") ?? host.firstRange(of: ".localhost"))?.lowerBound
        if let end, end > host.startIndex {
            return (String(host[..<end]), percentDecoded(parts))
        }
        let bucket = parts.prefix { $0 != "/" }
        parts = String(parts.dropFirst(bucket.count + 1))
        return (bucket.isEmpty ? nil : String(bucket), percentDecoded(parts))
    }

    func answer(_ call: Call, _ state: inout AWSState) -> Answer {
        let (name, key) = Self.address(call)
        guard let name else { return call.method == "GET" ? buckets(state) : refusal(405, "MethodNotAllowed", "") }
        let isForeign = configuration.foreignBuckets.contains(name)
        if key.isEmpty, call.method == "PUT", subresource(call) == nil { return create(name, call, isForeign, &state) }
        guard !isForeign else {
            return call.method == "HEAD" ? Answer(403) : refusal(403, "AccessDenied", "Access Denied")
        }
        guard var bucket = state.buckets[name] else {
            return call.method == "HEAD"
                ? Answer(404) : refusal(404, "NoSuchBucket", "The specified bucket does not exist")
        }
        if call.method == "DELETE", key.isEmpty, subresource(call) == nil {
            guard bucket.objects.isEmpty else {
                return refusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
            }
            state.buckets[name] = nil
            return Answer(204)
        }
        let objects = S3Objects(name: name, now: now, requestID: requestID)
        let answer =
            key.isEmpty ? bucketAnswer(call, &bucket, objects) : objects.answer(call, key, &bucket)
        state.buckets[name] = bucket
        return answer
    }

    private func refusal(_ status: Int, _ code: String, _ message: String) -> Answer {
        AWSErrors.error(status, code, message, .s3, requestID)
    }

    private func buckets(_ state: AWSState) -> Answer {
        let list = state.buckets.sorted { $0.key < $1.key }.map { name, bucket in
            XMLElement("Bucket", [XMLElement("Name", name), XMLElement("CreationDate", bucket.createdAt.toSecond)])
        }
        let owner = XMLElement("Owner", [XMLElement("ID", configuration.accountID)])
        let body = XMLElement("ListAllMyBucketsResult", [owner, XMLElement("Buckets", list)])
        return .text(200, body.document(namespace: Self.namespace), type: "application/xml")
    }

    private func create(_ name: String, _ call: Call, _ isForeign: Bool, _ state: inout AWSState) -> Answer {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789.-")
        guard (3...63).contains(name.count), name.allSatisfy(allowed.contains), !name.contains(".."),
            let first = name.first, let last = name.last, first.isLetter || first.isNumber,
            last.isLetter || last.isNumber
        else { return refusal(400, "InvalidBucketName", "The specified bucket is not valid.") }
        let root = call.body.isEmpty ? XMLElement("CreateBucketConfiguration") : XMLReader.read(call.body)
        guard let root else { return refusal(400, "MalformedXML", "The XML you provided was not well-formed.") }
        let location = root["LocationConstraint"]?.text ?? "us-east-1"
        guard location == configuration.region, location != "us-east-1" || root["LocationConstraint"] == nil else {
            return refusal(
                400, "IllegalLocationConstraintException",
                "The \(location) location constraint is incompatible for the region specific endpoint this request "
                    + "was sent to.")
        }
        guard !isForeign else {
            return refusal(
                409, "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
            )
        }
        if state.buckets[name] != nil {
            // The oldest region still answers as if it had made the bucket.
            guard configuration.region == "us-east-1" else {
                return refusal(
                    409, "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.")
            }
            return Answer(200, headers: ["Location": "/\(name)"])
        }
        var bucket = S3Bucket(createdAt: now)
        if let tags = root["Tags"] {
            bucket.settings["tagging"] = XMLElement("Tagging", [XMLElement("TagSet", tags.children)]).rendered
        }
        state.buckets[name] = bucket
        return Answer(200, headers: ["Location": "/\(name)", "x-amz-bucket-region": configuration.region])
    }

    // Settings

    /// Subresources that are kept as they were put: what their absence is called, and the status of a put.
    private static let settings: [String: (absence: String?, putStatus: Int)] = [
        "publicAccessBlock": ("NoSuchPublicAccessBlockConfiguration", 200), "encryption": (nil, 200),
        "versioning": (nil, 200), "tagging": ("NoSuchTagSet", 204), "policy": ("NoSuchBucketPolicy", 204),
        "lifecycle": ("NoSuchLifecycleConfiguration", 200),
        "ownershipControls": ("OwnershipControlsNotFoundError", 200),
    ]

    /// What a bucket has before anything is put.
    private static let defaults = [
        "encryption": XMLElement(
            "ServerSideEncryptionConfiguration",
            [
                XMLElement(
                    "Rule",
                    [
                        XMLElement("ApplyServerSideEncryptionByDefault", [XMLElement("SSEAlgorithm", "AES256")]),
                        XMLElement("BucketKeyEnabled", "false"),
                    ])
            ]), "versioning": XMLElement("VersioningConfiguration"),
    ]

    private func subresource(_ call: Call) -> String? {
        call.queryItems.lazy.map(\.name).first {
            Self.settings[$0] != nil || ["location", "versions", "delete"].contains($0)
        }
    }

    private func bucketAnswer(_ call: Call, _ bucket: inout S3Bucket, _ objects: S3Objects) -> Answer {
        let name = subresource(call) ?? ""
        switch (call.method, name) {
        case ("HEAD", ""): return Answer(200, headers: ["x-amz-bucket-region": configuration.region])
        case ("GET", ""): return objects.list(call, bucket)
        case ("GET", "versions"): return objects.versions(bucket)
        case ("POST", "delete"):
            if let problem = S3Checksum.problem(call, isRequired: true) { return refusal(400, problem.0, problem.1) }
            return objects.deleteAll(call, &bucket)
        case ("GET", "location"):
            let location = configuration.region == "us-east-1" ? "" : configuration.region
            return document(XMLElement("LocationConstraint", location))
        default: break
        }
        guard let setting = Self.settings[name] else { return refusal(405, "MethodNotAllowed", "Not simulated") }
        switch call.method {
        case "PUT":
            if let problem = S3Checksum.problem(call, isRequired: true) { return refusal(400, problem.0, problem.1) }
            if name == "policy" {
                guard call.json != nil else { return refusal(400, "MalformedPolicy", "Policies must be valid JSON") }
                bucket.settings[name] = String(decoding: call.body, as: UTF8.self)
            } else {
                guard let root = XMLReader.read(call.body) else {
                    return refusal(400, "MalformedXML", "The XML you provided was not well-formed.")
                }
                bucket.settings[name] = root.rendered
            }
            return Answer(setting.putStatus)
        case "DELETE":
            bucket.settings[name] = nil
            return Answer(204)
        case "GET":
            if name == "policy", let policy = bucket.settings[name] {
                return .text(200, policy, type: "application/json")
            }
            if let root = bucket.settings[name].flatMap({ XMLReader.read(Array($0.utf8)) }) ?? Self.defaults[name] {
                return document(root)
            }
            return refusal(404, setting.absence ?? "NoSuchConfiguration", "The \(name) configuration does not exist")
        default: return refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        }
    }

    private func document(_ root: XMLElement) -> Answer {
        .text(200, root.document(namespace: Self.namespace), type: "application/xml")
    }
}

/// The checksum that S3 wants with settings, and compares wherever one is sent.
enum S3Checksum {
    /// Code and message; nil where all is well.
    static func problem(_ call: Call, isRequired: Bool) -> (String, String)? {
        let sums: [(String, [UInt8])] = [
            ("content-md5", MD5.hash(call.body)), ("x-amz-checksum-sha256", SHA256.hash(call.body)),
            ("x-amz-checksum-crc32", crc32(call.body)),
        ]
        for (name, right) in sums {
            guard let sent = call.header(name) else { continue }
            guard sent == right.base64 else {
                return ("BadDigest", "The \(name) you specified did not match the calculated checksum.")
            }
        }
        let isSent = call.header("content-md5") != nil || call.headers.keys.contains { $0.hasPrefix("x-amz-checksum-") }
        return isRequired && !isSent
            ? ("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*") : nil
    }

    /// The polynomial of zlib, big-endian as S3 writes it.
    private static func crc32(_ bytes: [UInt8]) -> [UInt8] {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        sum = ~sum
        return [24, 16, 8, 0].map { UInt8(sum >> UInt32($0) & 255) }
    }
}
