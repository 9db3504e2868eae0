import AWS
import Application
import Cryptography
import EventSourcing
import HTTPClient
import HTTPTypes
import Testing

/// The adapters against other people's stand-ins for AWS, which were written from AWS' documentation and not from ours.
@Suite(.serialized) struct `AWS, as others stand in for it` {
    private let ours = Ownership(deployment: "acme-shop", customer: "acme", release: 3)
    private let others = Ownership(deployment: "globex-wiki", customer: "globex", release: 1)

    static let installed = Emulator.Kind.allCases.filter(\.isInstalled)

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `an access point is made, adopted, and removed with proof`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let storage = EFSFileStorage(client)
                let request = accessPoint(emulator, ours)
                let made = try await settled { try await storage.ensureAccessPoint(request) }
                #expect(made.id.hasPrefix("fsap-") && made.arn.hasSuffix(made.id))
                let adopted = try await settled { try await storage.ensureAccessPoint(request) }
                #expect(adopted == AccessPoint(id: made.id, arn: made.arn, wasAdopted: true))
                await #expect(throws: ProviderError.self) {
                    try await storage.ensureAccessPoint(accessPoint(emulator, ours, path: "/elsewhere"))
                }
                let gone = try await settled { try await storage.removeAccessPoint(request) }
                #expect(gone.evidence.contains(request.token))
                #expect(try await settled { try await storage.removeAccessPoint(request) } == gone)
                let again = try await settled { try await storage.ensureAccessPoint(request) }
                #expect(again.id != made.id)
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `an access point is found beyond the first page`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let storage = EFSFileStorage(client)
                var ids: [String] = []
                for number in 1...5 {
                    let request = accessPoint(emulator, ours, token: "token-\(number)")
                    ids.append(try await settled { try await storage.ensureAccessPoint(request) }.id)
                }
                #expect(Set(ids).count == 5)
                for number in 1...5 {
                    let request = accessPoint(emulator, ours, token: "token-\(number)")
                    #expect(try await settled { try await storage.ensureAccessPoint(request) }.id == ids[number - 1])
                }
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `a name is made, adopted, changed, kept from others, and removed with proof`(
        kind: Emulator.Kind
    ) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let names = Route53NameService(client)
                let request = record(emulator, ours)
                let made = try await settled { try await names.ensureRecord(request, continuation: $0) }
                #expect(made.name == "shop.example.com" && made.changeID != nil)
                let adopted = try await settled { try await names.ensureRecord(request, continuation: $0) }
                #expect(adopted == NameRecord(name: request.name, target: request.target, changeID: nil))
                let moved = record(emulator, ours, target: "other.elb.amazonaws.com")
                let change = try await settled { try await names.ensureRecord(moved, continuation: $0) }
                #expect(change.changeID != nil && change.target == "other.elb.amazonaws.com")
                await #expect(throws: ProviderError.self) {
                    try await names.ensureRecord(record(emulator, others), continuation: nil)
                }
                let unaffected = try await settled {
                    try await names.removeRecord(record(emulator, others), continuation: $0)
                }
                #expect(unaffected.evidence.contains("only records of others"))
                let gone = try await settled { try await names.removeRecord(moved, continuation: $0) }
                #expect(gone.evidence.contains("no record"))
                let free = try await settled {
                    try await names.ensureRecord(record(emulator, others), continuation: $0)
                }
                #expect(free.changeID != nil)
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `a bucket is made with its settings, adopted, kept from others, and removed with proof`(
        kind: Emulator.Kind
    ) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let buckets = S3ObjectStorage(client)
                let request = bucket(ours)
                #expect(
                    try await settled { try await buckets.ensureBucket(request) }
                        == Bucket(name: request.name, wasAdopted: false))
                #expect(
                    try await settled { try await buckets.ensureBucket(request) }
                        == Bucket(name: request.name, wasAdopted: true))
                try await expectSettings(client, request)
                await #expect(throws: ProviderError.self) { try await buckets.ensureBucket(bucket(others)) }
                let untouched = try await settled { try await buckets.removeBucket(bucket(others)) }
                #expect(untouched.evidence.contains("tagged for another deployment"))
                try await expectSettings(client, request)
                let gone = try await settled { try await buckets.removeBucket(request) }
                #expect(gone == Absence("HeadBucket of \(request.name) answers 404"))
                #expect(try await settled { try await buckets.removeBucket(request) } == gone)
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `a bucket that holds a version is not removed`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let buckets = S3ObjectStorage(client)
                let request = bucket(ours)
                _ = try await settled { try await buckets.ensureBucket(request) }
                for method in [HTTPRequest.Method.put, .delete] {
                    try await send(client, method, [request.name, "key"])
                }
                // What is left is a delete marker over an older version.
                await #expect(
                    throws: ProviderError.refused(
                        reason: "the bucket \(request.name) holds data: empty it, with all versions, "
                            + "before it can be removed")
                ) { try await buckets.removeBucket(request) }
            }
        }
    }

    @Test(.enabled(if: installed.contains(.ministack), "ministack is not installed"))
    func `a wrong key is refused by a server that verifies`() async throws {
        try await Emulator.run(.ministack) { emulator in
            try await emulator.client(secretAccessKey: "wrong") { client in
                let storage = EFSFileStorage(client)
                let request = accessPoint(emulator, ours)
                await #expect {
                    try await storage.ensureAccessPoint(request)
                } throws: {
                    if case .refused(let reason) = $0 as? ProviderError { reason.contains("403") } else { false }
                }
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `what does not exist is refused, not tried again`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                let lost = Emulator(
                    url: emulator.url, accessKeyID: "", secretAccessKey: "", hostedZone: "Z0000000000000",
                    fileSystem: "")
                await #expect {
                    try await Route53NameService(client).ensureRecord(record(lost, ours), continuation: nil)
                } throws: {
                    if case .refused(let reason) = $0 as? ProviderError {
                        reason.contains("NoSuchHostedZone")
                    } else {
                        false
                    }
                }
            }
        }
    }

    private func accessPoint(
        _ emulator: Emulator, _ ownership: Ownership, token: String = "acme-shop-r3", path: String = "/acme/shop"
    ) -> AccessPointRequest {
        AccessPointRequest(
            token: token, region: "eu-central-1", fileSystem: emulator.fileSystem, path: path, uid: 101, gid: 102,
            ownership: ownership)
    }

    private func record(
        _ emulator: Emulator, _ ownership: Ownership, target: String = "lb.elb.amazonaws.com"
    ) -> RecordRequest {
        RecordRequest(
            hostedZone: emulator.hostedZone, name: "shop.example.com", target: target, ownership: ownership)
    }

    private func bucket(_ ownership: Ownership) -> BucketRequest {
        BucketRequest(name: "dc-test-acme-shop", region: "eu-central-1", ownership: ownership)
    }

    private func expectSettings(_ client: AWSClient, _ request: BucketRequest) async throws {
        let expected = [
            ("publicAccessBlock", "RestrictPublicBuckets>true<"), ("encryption", "AES256"), ("versioning", "Enabled"),
            ("tagging", "deploycenter:customer"),
        ]
        for (parameter, text) in expected {
            let reply = try await send(client, .get, [request.name], query: [(parameter, "")])
            #expect(String(decoding: reply.body, as: UTF8.self).contains(text), "\(parameter)")
        }
    }

    @discardableResult private func send(
        _ client: AWSClient, _ method: HTTPRequest.Method, _ segments: [String],
        query: [(name: String, value: String)] = []
    ) async throws -> HTTPReply {
        let endpoint = try #require(client.configuration.endpoint(of: .s3, region: "eu-central-1"))
        return try await client.send(
            AWSCall(
                service: .s3, operation: "test", region: "eu-central-1",
                request: endpoint.request(method, segments, query: query), body: method == .put ? [1, 2, 3] : []))
    }

    /// Asks until it is done, a bounded number of times.
    private func settled<Value: Sendable & Equatable>(
        _ ask: () async throws -> Progress<Value>
    ) async throws -> Value { try await settled { _ in try await ask() } }

    private func settled<Value: Sendable & Equatable>(
        _ ask: (String?) async throws -> Progress<Value>
    ) async throws -> Value {
        var continuation: String?
        for _ in 1...500 {
            switch try await ask(continuation) {
            case .done(let value): return value
            case .pending(_, let next, _):
                continuation = next
                // Like AWS, an emulator tells nobody that it is done: it has to be asked again.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw NeverDone()
    }

    private struct NeverDone: Error {}
}
