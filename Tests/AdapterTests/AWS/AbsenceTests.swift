import AWS
import Application
import EventSourcing
import HTTPTypes
import Testing

/// AWS answers from many machines, some of which know later than others.
@Suite struct `Absence in AWS` {
    private static let ours = Ownership(deployment: "acme-shop", customer: "acme", release: 1)
    private let bucket = BucketRequest(
        name: "dc-acme-shop", region: AWSLoopback.region, ownership: ours, wasMade: true)
    private let record = RecordRequest(
        hostedZone: AWSLoopback.zone, name: "shop.apps.example.com", target: "lb.example.net", ownership: ours)

    @Test func `of an access point is not believed at one look`() async throws {
        try await AWSLoopback.run { loopback in
            let storage = EFSFileStorage(try loopback.client())
            _ = try await storage.ensureAccessPoint(loopback.accessPoint())
            try await loopback.addFault([
                "method": "GET", "path": "/access-points", "status": 200, "body": "{\"AccessPoints\":[]}",
            ])
            guard case .done = try await storage.removeAccessPoint(loopback.accessPoint()) else {
                Issue.record("not done")
                return
            }
            #expect(try await loopback.state()["accessPoints"] == 0)
        }
    }

    @Test func `of a bucket is not believed at one look`() async throws {
        try await AWSLoopback.run { loopback in
            let storage = S3ObjectStorage(try loopback.client())
            _ = try await storage.ensureBucket(bucket)
            try await loopback.addFault(["method": "HEAD", "status": 404])
            guard case .done = try await storage.removeBucket(bucket) else {
                Issue.record("not done")
                return
            }
            #expect(try await loopback.state()["buckets"] == [])
        }
    }

    @Test func `of a name is not believed at one look`() async throws {
        try await AWSLoopback.run { loopback in
            let names = Route53NameService(try loopback.client())
            _ = try await names.ensureRecord(record, continuation: nil)
            let nothing = "<R><ResourceRecordSets/><IsTruncated>false</IsTruncated></R>"
            try await loopback.addFault([
                "method": "GET", "path": "/rrset", "status": 200, "body": .string(nothing), "times": 2,
            ])
            guard case .pending(_, let change?, _) = try await names.removeRecord(record, continuation: nil) else {
                Issue.record("called absent")
                return
            }
            guard case .done = try await names.removeRecord(record, continuation: change) else {
                Issue.record("not done")
                return
            }
            // What every zone has: two records.
            #expect(try await loopback.state()["records"]?["apps.example.com."] == 2)
        }
    }

    @Test func `of a bucket that is still shown in one place is waited for`() async throws {
        try await AWSLoopback.run { loopback in
            let storage = S3ObjectStorage(try loopback.client())
            try await loopback.addFault(["method": "HEAD", "status": 200])
            guard case .pending(let observation, _, _) = try await storage.removeBucket(bucket) else {
                Issue.record("not pending")
                return
            }
            #expect(observation.contains("still finds dc-acme-shop"))
            #expect(try await storage.removeBucket(bucket) == .done(Absence("HeadBucket of dc-acme-shop answers 404")))
        }
    }
}
