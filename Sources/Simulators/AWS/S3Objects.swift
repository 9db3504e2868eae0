import Cryptography
import EventSourcing

/// Objects of one bucket, with their versions.
struct S3Objects: Sendable {
    let name: String
    let now: Timestamp
    let requestID: String

    private func refusal(_ status: Int, _ code: String, _ message: String) -> Answer {
        AWSErrors.error(status, code, message, .s3, requestID)
    }

    private func document(_ root: XMLElement) -> Answer {
        .text(200, root.document(namespace: S3.namespace), type: "application/xml")
    }

    func answer(_ call: Call, _ key: String, _ bucket: inout S3Bucket) -> Answer {
        switch call.method {
        case "PUT": return put(call, key, &bucket)
        case "GET", "HEAD": return get(call, key, bucket)
        case "DELETE":
            let marker = remove(key, version: call.parameter("versionId"), &bucket)
            return Answer(204, headers: marker.map { ["x-amz-delete-marker": "true", "x-amz-version-id": $0] } ?? [:])
        default: return refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        }
    }

    private func current(_ key: String, _ bucket: S3Bucket) -> S3Bucket.Version? {
        bucket.objects[key]?.last.flatMap { $0.body == nil ? nil : $0 }
    }

    private func put(_ call: Call, _ key: String, _ bucket: inout S3Bucket) -> Answer {
        if let problem = S3Checksum.problem(call, isRequired: false) { return refusal(400, problem.0, problem.1) }
        let existing = current(key, bucket)
        if call.header("if-none-match") == "*", existing != nil {
            return refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        }
        if let wanted = call.header("if-match"), existing?.tag != wanted {
            return existing == nil
                ? refusal(404, "NoSuchKey", "The specified key does not exist.")
                : refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        }
        let version = S3Bucket.Version(
            id: bucket.isVersioned ? SecureRandom.bytes(24).base64URL : "null", body: call.body.base64,
            type: call.header("content-type") ?? "binary/octet-stream", modified: now)
        if !bucket.isVersioned { bucket.objects[key]?.removeAll { $0.id == "null" } }
        bucket.objects[key, default: []].append(version)
        var headers = ["ETag": version.tag]
        if bucket.isVersioned { headers["x-amz-version-id"] = version.id }
        return Answer(200, headers: headers)
    }

    private func get(_ call: Call, _ key: String, _ bucket: S3Bucket) -> Answer {
        let wanted = call.parameter("versionId")
        let found = wanted.map { id in bucket.objects[key]?.first { $0.id == id } } ?? current(key, bucket)
        guard let found, found.body != nil else {
            return call.method == "HEAD"
                ? Answer(404) : refusal(404, "NoSuchKey", "The specified key does not exist.")
        }
        let headers = ["ETag": found.tag, "Content-Type": found.type, "Accept-Ranges": "bytes"]
        return Answer(200, headers: headers, bytes: found.bytes)
    }

    /// Removes a version for good, or hides the object; returns the marker's id in that case.
    private func remove(_ key: String, version: String?, _ bucket: inout S3Bucket) -> String? {
        if let version {
            bucket.objects[key]?.removeAll { $0.id == version }
        } else if bucket.isVersioned {
            let id = SecureRandom.bytes(24).base64URL
            bucket.objects[key, default: []].append(.init(id: id, body: nil, type: "", modified: now))
            return id
        } else {
            bucket.objects[key]?.removeAll { $0.id == "null" }
        }
        if bucket.objects[key]?.isEmpty == true { bucket.objects[key] = nil }
        return nil
    }

    func deleteAll(_ call: Call, _ bucket: inout S3Bucket) -> Answer {
        guard let root = XMLReader.read(call.body) else {
            return refusal(400, "MalformedXML", "The XML you provided was not well-formed.")
        }
        let deleted = root.all("Object").map { object in
            _ = remove(object["Key"]?.text ?? "", version: object["VersionId"]?.text, &bucket)
            return XMLElement("Deleted", object.children)
        }
        return document(XMLElement("DeleteResult", deleted))
    }

    func list(_ call: Call, _ bucket: S3Bucket) -> Answer {
        let prefix = call.parameter("prefix") ?? ""
        let after = call.parameter("continuation-token") ?? call.parameter("start-after") ?? ""
        let size = min(max(Int(call.parameter("max-keys") ?? "") ?? 1000, 0), 1000)
        let keys = bucket.objects.keys.sorted().filter {
            $0.hasPrefix(prefix) && $0 > after && current($0, bucket) != nil
        }
        let page = keys.prefix(size)
        var members = [
            XMLElement("Name", name), XMLElement("Prefix", prefix), XMLElement("KeyCount", "\(page.count)"),
            XMLElement("MaxKeys", "\(size)"), XMLElement("IsTruncated", keys.count > size ? "true" : "false"),
        ]
        if keys.count > size, let last = page.last { members.append(XMLElement("NextContinuationToken", last)) }
        members += page.compactMap { key in
            current(key, bucket).map { version in
                XMLElement("Contents", [XMLElement("Key", key)] + Self.facts(version))
            }
        }
        return document(XMLElement("ListBucketResult", members))
    }

    func versions(_ bucket: S3Bucket) -> Answer {
        let members = bucket.objects.sorted { $0.key < $1.key }.flatMap { key, versions in
            versions.reversed().enumerated().map { index, version in
                let latest = XMLElement("IsLatest", index == 0 ? "true" : "false")
                let facts =
                    version.body == nil ? [XMLElement("LastModified", version.modified.toSecond)] : Self.facts(version)
                return XMLElement(
                    version.body == nil ? "DeleteMarker" : "Version",
                    [XMLElement("Key", key), XMLElement("VersionId", version.id), latest] + facts)
            }
        }
        return document(
            XMLElement(
                "ListVersionsResult", [XMLElement("Name", name), XMLElement("IsTruncated", "false")] + members))
    }

    private static func facts(_ version: S3Bucket.Version) -> [XMLElement] {
        [
            XMLElement("LastModified", version.modified.toSecond), XMLElement("ETag", version.tag),
            XMLElement("Size", "\(version.bytes.count)"), XMLElement("StorageClass", "STANDARD"),
        ]
    }
}
