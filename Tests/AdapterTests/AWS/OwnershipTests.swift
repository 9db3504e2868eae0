import AWS
import Application
import EventSourcing
import HTTPClient
import HTTPTypes
import Testing

/// Whose things are, against the simulator.
@Suite struct `What is not ours in AWS` {
    @Test func `is an access point with our token and no tag`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            let request = loopback.accessPoint()
            // A stranger's, or one whose tags were removed: nobody can tell.
            let body = #"{"ClientToken":"acme-shop-r1","FileSystemId":"\#(AWSLoopback.fileSystem)"}"#
            _ = try await client.send(
                AWSCall(
                    service: .efs, operation: "CreateAccessPoint", region: AWSLoopback.region,
                    request: loopback.endpoint.request(
                        .post, ["2015-02-01", "access-points"], headerFields: [.contentType: "application/json"]),
                    body: Array(body.utf8)))
            let storage = EFSFileStorage(client)
            let refusal = { (error: any Error) in
                if case .refused(let reason)? = error as? ProviderError {
                    reason.hasSuffix("has our token but no tag of DeployCenter")
                } else {
                    false
                }
            }
            await #expect { try await storage.ensureAccessPoint(request) } throws: { refusal($0) }
            await #expect { try await storage.removeAccessPoint(request) } throws: { refusal($0) }
            #expect(try await loopback.state()["accessPoints"] == 1)
        }
    }

    @Test func `is a tag that somebody else put on our bucket`() async throws {
        try await AWSLoopback.run { loopback in
            let client = try loopback.client()
            let storage = S3ObjectStorage(client)
            let request = BucketRequest(
                name: "dc-acme-shop", region: AWSLoopback.region,
                ownership: Ownership(deployment: "acme-shop", customer: "acme", release: 2))
            _ = try await storage.ensureBucket(request)
            let messages = try S3Messages(
                bucket: request.name, region: request.region, configuration: client.configuration)
            _ = try await client.send(
                messages.retag(["cost-center": "4711", "deploycenter:deployment": "acme-shop"]))
            _ = try await storage.ensureBucket(request)
            #expect(
                S3Messages.tags(in: try await client.send(messages.tagging).body) == [
                    "cost-center": "4711", "deploycenter:deployment": "acme-shop", "deploycenter:customer": "acme",
                    "deploycenter:release": "2",
                ])
        }
    }
}
