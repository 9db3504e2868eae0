import EventSourcing

// The names of AWS' operations, and what AWS says when one goes wrong.
extension AWSVendor {
    var operations: [String] {
        let settings = S3.subresources.keys.sorted().flatMap { name -> [String] in
            ["Get", "Put", "Delete"].compactMap { S3.operation($0.uppercased(), subresource: name) }
        }
        return
            ([
                "efs.CreateAccessPoint", "efs.DescribeAccessPoints", "efs.DeleteAccessPoint", "efs.DescribeFileSystems",
                "route53.ChangeResourceRecordSets", "route53.ListResourceRecordSets", "route53.GetChange",
                "route53.GetHostedZone", "route53.ListHostedZones", "s3.CreateBucket", "s3.HeadBucket",
                "s3.DeleteBucket",
                "s3.ListBuckets", "s3.ListObjectsV2", "s3.ListObjectVersions", "s3.DeleteObjects",
                "s3.GetBucketLocation",
                "s3.PutObject", "s3.GetObject", "s3.HeadObject", "s3.DeleteObject", "sts.GetCallerIdentity",
                "sts.AssumeRoleWithWebIdentity",
            ] + settings).sorted()
    }

    func operation(of call: Call) -> String {
        // What cannot be read as a signature is refused later; here its path has to do.
        let signed = (try? AWSSignature(call))?.service
        let service = signed.flatMap(AWSService.init(rawValue:)) ?? self.service(ofUnsigned: call)
        let segments = call.segments
        switch service {
        case .efs:
            switch (call.method, segments.dropFirst().first ?? "") {
            case ("POST", "access-points"): return "efs.CreateAccessPoint"
            case ("GET", "access-points"): return "efs.DescribeAccessPoints"
            case ("DELETE", "access-points"): return "efs.DeleteAccessPoint"
            case ("GET", "file-systems"): return "efs.DescribeFileSystems"
            default: return "efs.other"
            }
        case .route53:
            switch (call.method, segments.dropFirst().first ?? "", segments.count) {
            case ("POST", "hostedzone", 4): return "route53.ChangeResourceRecordSets"
            case ("GET", "hostedzone", 4): return "route53.ListResourceRecordSets"
            case ("GET", "hostedzone", 3): return "route53.GetHostedZone"
            case ("GET", "change", 3): return "route53.GetChange"
            case ("GET", "hostedzone", 2), ("GET", "hostedzonesbyname", _): return "route53.ListHostedZones"
            default: return "route53.other"
            }
        case .s3: return S3.operation(of: call)
        case .sts:
            let action = formItems(String(decoding: call.body, as: UTF8.self)).first { $0.name == "Action" }?.value
            return "sts.\(action ?? "other")"
        }
    }

    /// Access points and changes are asked for by ids that say nothing.
    func subject(of call: Call) async -> String {
        let segments = call.segments
        guard let last = call.parameter("AccessPointId") ?? segments.last else { return "" }
        let state = await world.current
        if let accessPoint = state.accessPoints[last] { return "\(accessPoint.fileSystem) \(accessPoint.token)" }
        return state.changedZones?[last] ?? ""
    }

    func answer(to call: Call, _ operation: String, meeting fault: Fault, seconds: Double) async -> Answer {
        let service: AWSService =
            switch operation.prefix(while: { $0 != "." }) {
            case "efs": .efs
            case "route53": .route53
            case "sts": .sts
            default: .s3
            }
        let id = uuid()
        let isEFS = service == .efs
        var answer =
            switch (fault, service) {
            case (.expiredCredentials, _): AWSErrors.answer(.expiredToken, service, id)
            case (.throttle, .s3): AWSErrors.error(503, "SlowDown", "Please reduce your request rate.", .s3, id)
            case (.throttle, .efs): AWSErrors.error(429, "ThrottlingException", "Rate exceeded", .efs, id)
            case (.throttle, _): AWSErrors.error(400, "Throttling", "Rate exceeded", service, id)
            case (.serverError, .s3):
                AWSErrors.error(500, "InternalError", "We encountered an internal error. Please try again.", .s3, id)
            case (.serverError, .efs): AWSErrors.error(500, "InternalServerError", "Internal server error", .efs, id)
            case (.serverError, _): AWSErrors.error(503, "ServiceUnavailable", "Service unavailable", service, id)
            case (.wrongState, _): busy(operation, service, id)
            default:
                AWSErrors.error(
                    403, isEFS ? "AccessDeniedException" : "AccessDenied",
                    service == .s3 ? "Access Denied" : "User is not authorized to perform: \(operation)", service, id)
            }
        if fault == .throttle, seconds > 0 { answer.headers["Retry-After"] = "\(Int(seconds.rounded(.up)))" }
        if call.method == "HEAD" { answer.body = .bytes([]) }
        return answer
    }

    /// What each service says while the thing is in work, or not yet known.
    private func busy(_ operation: String, _ service: AWSService, _ id: String) -> Answer {
        switch service {
        case .efs:
            AWSErrors.error(
                409, "IncorrectFileSystemLifeCycleState", "The file system's lifecycle state is not available", .efs, id
            )
        case .route53:
            AWSErrors.error(
                400, "PriorRequestNotComplete",
                "The request was rejected because Route 53 was still processing a prior request.", .route53, id)
        case .s3:
            ["s3.HeadBucket", "s3.ListObjectVersions", "s3.ListObjectsV2"].contains(operation)
                || operation.hasPrefix("s3.Get")
                ? AWSErrors.error(404, "NoSuchBucket", "The specified bucket does not exist", .s3, id)
                : AWSErrors.error(
                    409, "OperationAborted",
                    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
                    .s3, id)
        case .sts:
            AWSErrors.error(
                400, "IDPCommunicationError", "Error communicating with the identity provider", .sts, id)
        }
    }

    func inventory() async -> [JSONValue] {
        let state = await world.current
        let accessPoints = state.accessPoints.values.map { point -> JSONValue in
            [
                "kind": "efs.AccessPoint", "id": .string(point.id), "token": .string(point.token),
                "tags": .object(
                    Dictionary(
                        (point.request["Tags"]?.array ?? []).compactMap { tag in
                            tag["Key"]?.string.map { ($0, tag["Value"] ?? .null) }
                        }
                    ) { $1 }),
            ]
        }
        let buckets = state.buckets.map { name, bucket -> JSONValue in
            let tags =
                bucket.settings["tagging"].flatMap { XMLReader.read(Array($0.utf8)) }?["TagSet"]?.all("Tag") ?? []
            return [
                "kind": "s3.Bucket", "id": .string(name),
                "tags": .object(
                    Dictionary(
                        tags.compactMap { tag in
                            tag["Key"].map { ($0.text, .string(tag["Value"]?.text ?? "")) }
                        }
                    ) { $1 }),
            ]
        }
        let records = state.zones.flatMap { id, zone in
            zone.records.values.map { record -> JSONValue in
                [
                    "kind": "route53.RecordSet", "zone": .string(id), "tags": [:],
                    "id": .string("\(record["Name"]?.text ?? "") \(record["Type"]?.text ?? "")"),
                    "values": .array(
                        (record["ResourceRecords"]?.children ?? []).map { .string($0["Value"]?.text ?? "") }),
                ]
            }
        }
        return (accessPoints + buckets + records).sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
    }
}

extension S3 {
    /// Settings by subresource, as operations call them.
    static let subresources = [
        "publicAccessBlock": "PublicAccessBlock", "encryption": "BucketEncryption", "versioning": "BucketVersioning",
        "tagging": "BucketTagging", "policy": "BucketPolicy", "lifecycle": "BucketLifecycleConfiguration",
        "ownershipControls": "BucketOwnershipControls",
    ]

    static func operation(_ method: String, subresource: String) -> String? {
        subresources[subresource].map { name in
            switch method {
            case "PUT": "s3.Put\(name)"
            case "DELETE": "s3.Delete\(name)"
            default: "s3.Get\(name)"
            }
        }
    }

    static func operation(of call: Call) -> String {
        let (bucket, key) = address(call)
        let names = call.queryItems.map(\.name)
        guard bucket != nil else { return "s3.ListBuckets" }
        guard key.isEmpty else { return "s3.\(call.method.lowercased().capitalizedASCII)Object" }
        if let setting = names.first(where: { subresources[$0] != nil }) {
            return operation(call.method, subresource: setting) ?? "s3.other"
        }
        switch call.method {
        case "HEAD": return "s3.HeadBucket"
        case "PUT": return "s3.CreateBucket"
        case "DELETE": return "s3.DeleteBucket"
        case "POST": return names.contains("delete") ? "s3.DeleteObjects" : "s3.other"
        default:
            if names.contains("versions") { return "s3.ListObjectVersions" }
            return names.contains("location") ? "s3.GetBucketLocation" : "s3.ListObjectsV2"
        }
    }
}

extension String {
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
