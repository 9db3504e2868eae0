package import Application
import FoundationEssentials
package import HTTPClient
import HTTPTypes

/// Requests to EFS and what they answer, without sending anything.
package enum EFSMessages {
    private static let version = "2015-02-01"

    /// One page of all access points of a file system; EFS has no filter by client token.
    package static func list(
        fileSystem: String, nextToken: String?, endpoint: Endpoint, region: String
    ) -> AWSCall {
        var query = [(name: "FileSystemId", value: fileSystem), (name: "MaxResults", value: "1000")]
        if let nextToken { query.append((name: "NextToken", value: nextToken)) }
        return describe(query, endpoint: endpoint, region: region)
    }

    package static func describe(accessPoint: String, endpoint: Endpoint, region: String) -> AWSCall {
        describe([(name: "AccessPointId", value: accessPoint)], endpoint: endpoint, region: region)
    }

    private static func describe(
        _ query: [(name: String, value: String)], endpoint: Endpoint, region: String
    ) -> AWSCall {
        AWSCall(
            service: .efs, operation: "DescribeAccessPoints", region: region,
            request: endpoint.request(.get, [version, "access-points"], query: query))
    }

    /// The directory is made, with this owner, at the first mount; without `CreationInfo` that mount would fail.
    package static func create(_ wanted: AccessPointRequest, endpoint: Endpoint) -> AWSCall {
        let tags =
            [Tag(key: "Name", value: wanted.token)] + wanted.ownership.tags.map { Tag(key: $0.key, value: $0.value) }
        let body = CreateRequest(
            clientToken: wanted.token, fileSystemID: wanted.fileSystem,
            posixUser: .init(uid: wanted.uid, gid: wanted.gid),
            rootDirectory: .init(
                path: wanted.path,
                creationInfo: .init(ownerUID: wanted.uid, ownerGID: wanted.gid, permissions: "0750")), tags: tags)
        var call = AWSCall(
            service: .efs, operation: "CreateAccessPoint", region: wanted.region,
            request: endpoint.request(
                .post, [version, "access-points"], headerFields: [.contentType: "application/json"]),
            body: jsonBytes(body))
        call.isRepeatable = false
        return call
    }

    package static func delete(accessPoint: String, endpoint: Endpoint, region: String) -> AWSCall {
        AWSCall(
            service: .efs, operation: "DeleteAccessPoint", region: region,
            request: endpoint.request(.delete, [version, "access-points", accessPoint]))
    }

    package static func page(in body: [UInt8]) throws(AWSFailure) -> Page { try decoded(body) }

    package static func created(in body: [UInt8]) throws(AWSFailure) -> Description { try decoded(body) }

    private static func decoded<Value: Decodable>(_ body: [UInt8]) throws(AWSFailure) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(body))
        } catch {
            throw .retryable(reason: "EFS answered something else than its documentation says", after: nil)
        }
    }

    private static func jsonBytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {  // Strings and numbers of our own types always encode.
            preconditionFailure("an EFS request does not encode")
        }
        return Array(data)
    }
}

extension EFSMessages {
    /// A page of a listing.
    package struct Page: Decodable {
        package let accessPoints: [Description]
        package let nextToken: String?

        enum CodingKeys: String, CodingKey {
            case accessPoints = "AccessPoints"
            case nextToken = "NextToken"
        }
    }

    /// An access point as EFS tells it.
    package struct Description: Decodable, Equatable, Sendable {
        package let id: String
        package let arn: String
        package let clientToken: String
        package let state: String
        package let user: PosixUser?
        package let root: RootDirectory?
        package let tags: [Tag]?

        enum CodingKeys: String, CodingKey {
            case id = "AccessPointId"
            case arn = "AccessPointArn"
            case clientToken = "ClientToken"
            case state = "LifeCycleState"
            case user = "PosixUser"
            case root = "RootDirectory"
            case tags = "Tags"
        }

        package var marks: OwnershipMarks? {
            OwnershipMarks(tags: Dictionary((tags ?? []).map { ($0.key, $0.value) }) { first, _ in first })
        }
    }

    /// A label on a resource.
    package struct Tag: Codable, Equatable, Sendable {
        package let key: String
        package let value: String

        enum CodingKeys: String, CodingKey {
            case key = "Key"
            case value = "Value"
        }
    }

    /// The user that all access through the access point has.
    package struct PosixUser: Codable, Equatable, Sendable {
        package let uid: Int
        package let gid: Int

        enum CodingKeys: String, CodingKey {
            case uid = "Uid"
            case gid = "Gid"
        }
    }

    /// The directory that a client sees as its root.
    package struct RootDirectory: Codable, Equatable, Sendable {
        package let path: String
        package let creationInfo: CreationInfo?

        enum CodingKeys: String, CodingKey {
            case path = "Path"
            case creationInfo = "CreationInfo"
        }
    }

    /// How the directory is made if it is missing.
    package struct CreationInfo: Codable, Equatable, Sendable {
        package let ownerUID: Int
        package let ownerGID: Int
        package let permissions: String

        enum CodingKeys: String, CodingKey {
            case ownerUID = "OwnerUid"
            case ownerGID = "OwnerGid"
            case permissions = "Permissions"
        }
    }

    private struct CreateRequest: Encodable {
        let clientToken: String
        let fileSystemID: String
        let posixUser: PosixUser
        let rootDirectory: RootDirectory
        let tags: [Tag]

        enum CodingKeys: String, CodingKey {
            case clientToken = "ClientToken"
            case fileSystemID = "FileSystemId"
            case posixUser = "PosixUser"
            case rootDirectory = "RootDirectory"
            case tags = "Tags"
        }
    }
}
