import Cryptography
import EventSourcing

/// An access point as it was asked for.
struct EFSAccessPoint: Codable, Sendable, Equatable {
    let id: String
    let request: JSONValue
    let createdAt: Timestamp

    var token: String { request["ClientToken"]?.string ?? "" }
    var fileSystem: String { request["FileSystemId"]?.string ?? "" }
}

/// Elastic File System: access points on the seeded file systems.
struct EFS: Sendable {
    let configuration: SimulatorConfiguration.AWS
    let now: Timestamp
    let pace: Pace

    func answer(_ call: Call, _ state: inout AWSState) -> Answer {
        let segments = call.segments
        guard segments.first == "2015-02-01" else { return refusal(404, "UnknownOperationException", "Not found") }
        switch (call.method, segments.dropFirst().first ?? "", segments.count) {
        case ("POST", "access-points", 2): return create(call.json, &state)
        case ("GET", "access-points", 2): return describe(call, state)
        case ("DELETE", "access-points", 3):
            guard state.accessPoints.removeValue(forKey: segments[2]) != nil else { return missing(segments[2]) }
            return Answer(204)
        case ("GET", "file-systems", 2): return fileSystems(call, state)
        default: return refusal(404, "UnknownOperationException", "Not found")
        }
    }

    private func refusal(_ status: Int, _ code: String, _ message: String, _ more: JSONValue = [:]) -> Answer {
        let body: JSONValue = ["ErrorCode": .string(code), "Message": .string(message)]
        return .json(status, body.merging(more), headers: ["x-amzn-ErrorType": code])
    }

    private func missing(_ id: String) -> Answer {
        refusal(404, "AccessPointNotFound", "Access Point \(id) does not exist.")
    }

    private func create(_ body: JSONValue?, _ state: inout AWSState) -> Answer {
        guard let body, let token = body["ClientToken"]?.string, (1...64).contains(token.count),
            let fileSystem = body["FileSystemId"]?.string
        else { return refusal(400, "BadRequest", "ClientToken and FileSystemId are required") }
        if let reason = invalid(body) { return refusal(400, "BadRequest", reason) }
        guard configuration.fileSystems.contains(fileSystem) else {
            return refusal(404, "FileSystemNotFound", "File system '\(fileSystem)' does not exist.")
        }
        if let existing = state.accessPoints.values.first(where: { $0.token == token }) {
            return refusal(
                409, "AccessPointAlreadyExists", "Access point already exists with creation token \(token)",
                ["AccessPointId": .string(existing.id)])
        }
        let count = state.accessPoints.values.count { $0.fileSystem == fileSystem }
        guard count < 10_000 else {
            return refusal(403, "AccessPointLimitExceeded", "You have reached the maximum number of access points.")
        }
        let id = "fsap-\(SecureRandom.bytes(9).hex.prefix(17))"
        let accessPoint = EFSAccessPoint(id: id, request: body, createdAt: now)
        state.accessPoints[id] = accessPoint
        return .json(200, document(accessPoint))
    }

    /// What the service model's patterns and limits forbid.
    private func invalid(_ body: JSONValue) -> String? {
        let root = body["RootDirectory"]
        if let path = root?["Path"]?.string {
            let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            let isShell = path.contains { "$#<>;`|&?{}^*\n".contains($0) }
            let isRoot = path == "/"
            guard path.hasPrefix("/"), path.count <= 100, !isShell,
                isRoot || (parts.count <= 4 && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") })
            else { return "RootDirectory.Path is not valid: \(path)" }
        }
        if let creation = root?["CreationInfo"] {
            let permissions = creation["Permissions"]?.string ?? ""
            guard (3...4).contains(permissions.count), permissions.allSatisfy({ "01234567".contains($0) }),
                creation["OwnerUid"]?.integer != nil, creation["OwnerGid"]?.integer != nil
            else { return "RootDirectory.CreationInfo needs OwnerUid, OwnerGid and octal Permissions" }
        }
        if let user = body["PosixUser"], user["Uid"]?.integer == nil || user["Gid"]?.integer == nil {
            return "PosixUser needs Uid and Gid"
        }
        return nil
    }

    private func document(_ accessPoint: EFSAccessPoint) -> JSONValue {
        let arn = "arn:aws:elasticfilesystem:\(configuration.region):\(configuration.accountID)"
        let name = accessPoint.request["Tags"]?.array?.first { $0["Key"] == "Name" }?["Value"]
        let isAvailable = now.hasPassed(pace.accessPointSeconds, since: accessPoint.createdAt)
        let document: JSONValue = [
            "AccessPointId": .string(accessPoint.id), "AccessPointArn": "\(arn):access-point/\(accessPoint.id)",
            "ClientToken": .string(accessPoint.token), "FileSystemId": .string(accessPoint.fileSystem),
            "LifeCycleState": isAvailable ? "available" : "creating", "OwnerId": .string(configuration.accountID),
            "PosixUser": accessPoint.request["PosixUser"] ?? .null, "Name": name ?? .null,
            "RootDirectory": accessPoint.request["RootDirectory"] ?? ["Path": "/"],
            "Tags": accessPoint.request["Tags"] ?? [],
        ]
        return document.compact
    }

    private func describe(_ call: Call, _ state: AWSState) -> Answer {
        if let id = call.parameter("AccessPointId") {
            guard let accessPoint = state.accessPoints[id] else { return missing(id) }
            return .json(200, ["AccessPoints": [document(accessPoint)]])
        }
        let fileSystem = call.parameter("FileSystemId")
        if let fileSystem, !configuration.fileSystems.contains(fileSystem) {
            return refusal(404, "FileSystemNotFound", "File system '\(fileSystem)' does not exist.")
        }
        let all = state.accessPoints.values.filter { fileSystem == nil || $0.fileSystem == fileSystem }
            .sorted { $0.id < $1.id }
        // The token is the last id of the page before: it stays good while others come and go.
        let after = call.parameter("NextToken").flatMap { [UInt8](base64URL: $0) }
            .map { String(decoding: $0, as: UTF8.self) }
        let size = max(Int(call.parameter("MaxResults") ?? "") ?? 100, 1)
        let rest = all.filter { $0.id > after ?? "" }
        let page = rest.prefix(size)
        var answer: JSONValue = ["AccessPoints": .array(page.map(document))]
        if page.count < rest.count, let last = page.last {
            answer = answer.merging(["NextToken": .string(Array(last.id.utf8).base64URL)])
        }
        return .json(200, answer)
    }

    private func fileSystems(_ call: Call, _ state: AWSState) -> Answer {
        let wanted = call.parameter("FileSystemId")
        if let wanted, !configuration.fileSystems.contains(wanted) {
            return refusal(404, "FileSystemNotFound", "File system '\(wanted)' does not exist.")
        }
        let documents = configuration.fileSystems.filter { wanted == nil || $0 == wanted }.map { id -> JSONValue in
            [
                "OwnerId": .string(configuration.accountID), "CreationToken": "\(id)-token",
                "FileSystemId": .string(id),
                "CreationTime": 1_760_000_000, "LifeCycleState": "available", "NumberOfMountTargets": 2,
                "SizeInBytes": ["Value": 6144], "PerformanceMode": "generalPurpose", "Encrypted": true,
                "ThroughputMode": "elastic", "Tags": [],
                "FileSystemArn":
                    "arn:aws:elasticfilesystem:\(configuration.region):\(configuration.accountID):file-system/\(id)",
            ]
        }
        return .json(200, ["FileSystems": .array(documents)])
    }
}
