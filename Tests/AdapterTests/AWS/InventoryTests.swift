import AWS
import Application
import Domain
import EventSourcing
import HTTPClient
import HTTPTypes
import Testing

/// What is ours in AWS, against the simulator.
@Suite struct `The inventory of AWS` {
    private let places: Set<Place> = [
        Place(region: AWSLoopback.region, fileSystem: AWSLoopback.fileSystem, hostedZone: AWSLoopback.zone),
        // Two clusters may share a file system and a zone.
        Place(region: AWSLoopback.region, fileSystem: "fs-0fedcba9876543210", hostedZone: AWSLoopback.zone),
        // What a retired cluster had may be gone.
        Place(region: AWSLoopback.region, fileSystem: "fs-00000000000000000", hostedZone: "ZGONE"),
    ]
    private let marks = OwnershipMarks(deployment: "acme-shop", customer: "acme", release: 1)

    @Test func `tells of access points with their tokens and marks, over all pages`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            let storage = EFSFileStorage(client)
            guard case .done(let made) = try await storage.ensureAccessPoint(loopback.accessPoint()) else {
                Issue.record("not done")
                return
            }
            #expect(
                try await AccessPointInventory(client).contents(of: places) == [
                    FoundResource(
                        kind: .accessPoint, identity: made.id, container: AWSLoopback.fileSystem,
                        region: AWSLoopback.region, marks: marks, detail: "acme-shop-r1")
                ])
            for number in 2...1005 {
                _ = try await storage.ensureAccessPointOnce(loopback.accessPoint(token: "token-\(number)"), client)
            }
            #expect(try await AccessPointInventory(client).contents(of: places).count == 1005)
        }
    }

    @Test func `tells of buckets by the beginning of their names`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            let storage = S3ObjectStorage(client)
            for name in ["dc-acme-shop", "logs-acme"] {
                _ = try await storage.ensureBucket(
                    BucketRequest(
                        name: name, region: AWSLoopback.region,
                        ownership: Ownership(deployment: "acme-shop", customer: "acme", release: 1)))
            }
            let bare = try S3Messages(
                bucket: "dc-of-a-stranger", region: AWSLoopback.region, configuration: client.configuration)
            _ = try await client.send(bare.bare)
            let found = try await BucketInventory(client, prefix: "dc").contents(of: places)
            #expect(
                Set(found) == [
                    FoundResource(
                        kind: .bucket, identity: "dc-acme-shop", container: AWSLoopback.region,
                        region: AWSLoopback.region, marks: marks),
                    FoundResource(
                        kind: .bucket, identity: "dc-of-a-stranger", container: AWSLoopback.region,
                        region: AWSLoopback.region, marks: nil),
                ])
        }
    }

    @Test func `tells of names by their ownership records, over all pages`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            let names = Route53NameService(client)
            for number in 1...160 {
                let request = RecordRequest(
                    hostedZone: AWSLoopback.zone, name: "shop-\(number).apps.example.com",
                    target: "lb.example.net",
                    ownership: Ownership(deployment: "acme-shop-\(number)", customer: "acme", release: 2))
                _ = try await names.ensureRecord(request, continuation: nil)
            }
            let found = try await NameInventory(client).contents(of: places)
            // 160 pairs beside the zone's own two records are more than a page of 300.
            #expect(found.count == 160)
            #expect(
                found.first { $0.identity == "shop-7.apps.example.com" }
                    == FoundResource(
                        kind: .name, identity: "shop-7.apps.example.com", container: AWSLoopback.zone,
                        marks: OwnershipMarks(deployment: "acme-shop-7", customer: "acme", release: 2),
                        detail: "lb.example.net"))
        }
    }

    @Test func `is no inventory where AWS does not answer`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            for (path, inventory) in [
                ("access-points", AccessPointInventory(client) as any Inventory),
                ("max-buckets", BucketInventory(client, prefix: "dc")),
                ("rrset", NameInventory(client)),
            ] {
                try await loopback.addFault(["path": .string(path), "times": 3, "status": 503])
                await #expect(throws: ProviderError.self) { try await inventory.contents(of: places) }
            }
        }
    }
}

extension EFSFileStorage {
    /// Without looking first, which would read every page each time.
    fileprivate func ensureAccessPointOnce(_ request: AccessPointRequest, _ client: AWSClient) async throws {
        let endpoint = try #require(client.configuration.endpoint(of: .efs, region: request.region))
        _ = try await client.send(EFSMessages.create(request, endpoint: endpoint))
    }
}

extension S3Messages {
    /// Made by somebody who marks nothing.
    fileprivate var bare: AWSCall {
        AWSCall(
            service: .s3, operation: "CreateBucket", region: AWSLoopback.region, request: put.request,
            body: Array(
                "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
                    .utf8))
    }

    private var put: AWSCall {
        var request = delete.request
        request.method = .put
        return AWSCall(service: .s3, operation: "CreateBucket", region: AWSLoopback.region, request: request)
    }
}
