import AWS
import Application
import Domain
import EventSourcing
import Testing

/// The adapters through faults that others imagined, before a server that others wrote: whatever happens to a request or its answer,
/// there is one of everything afterwards, and none after its removal.
@Suite(.serialized) struct `AWS through other people's faults` {
    /// What becomes of a request.
    enum Fault: String, CaseIterable, Sendable {
        /// It is done, and its answer never comes.
        case lostReply
        case throttled
        case reset
        case unavailable

        func rule(_ service: String, _ operation: String, times: Int?) -> JSONValue {
            var rule: [String: JSONValue] = ["service": .string(service), "operation": .string(operation)]
            if let times { rule["times"] = .integer(Int64(times)) }
            switch self {
            case .lostReply: rule["response"] = ["abort_bytes": 1]
            case .throttled:
                let code = ["efs": "ThrottlingException", "s3": "SlowDown"][service] ?? "Throttling"
                rule["error"] = ["code": .string(code)]
            case .reset: rule["reset"] = true
            case .unavailable: rule["error"] = ["code": "ServiceUnavailable", "status": 503]
            }
            return .object(rule)
        }
    }

    /// One of the three things that deployments have in AWS.
    enum Thing: String, CaseIterable, Sendable {
        case accessPoint, bucket, name

        var service: String {
            switch self {
            case .accessPoint: "efs"
            case .bucket: "s3"
            case .name: "route53"
            }
        }

        /// Everything that is asked of AWS on the way.
        var operations: [String] {
            switch self {
            case .accessPoint: ["DescribeAccessPoints", "CreateAccessPoint", "DeleteAccessPoint"]
            case .bucket:
                ["CreateBucket", "PutBucketVersioning", "GetBucketTagging", "ListObjectVersions", "DeleteBucket"]
            case .name: ["ListResourceRecordSets", "ChangeResourceRecordSets", "GetChange"]
            }
        }
    }

    private static let ours = Ownership(deployment: "acme-shop", customer: "acme", release: 1)
    private static let isInstalled = Emulator.Kind.ministack.isInstalled && Python.has("microburst")

    @Test(
        .enabled(if: isInstalled, "ministack and microburst are not installed (Tests/requirements.txt)"),
        .timeLimit(.minutes(15)), arguments: Thing.allCases)
    func `one of everything is made and removed with proof, whatever one request meets`(thing: Thing) async throws {
        try await Emulator.run(.ministack) { emulator in
            try await Microburst.run(before: emulator) { proxy in
                try await proxy.emulator.client { client in
                    for operation in thing.operations {
                        for fault in Fault.allCases {
                            let story = "\(operation), \(fault.rawValue)"
                            // More often than a request is repeated by itself.
                            try await proxy.spoil([fault.rule(thing.service, operation, times: 4)])
                            let before = try await proxy.firedCount()
                            try await settle(story) { continuation throws(ProviderError) in
                                try await make(thing, client, emulator, continuation)
                            }
                            try await proxy.spoil([])
                            #expect(try await count(thing, client, emulator) == 1, "\(story), after the making")
                            try await proxy.spoil([fault.rule(thing.service, operation, times: 4)])
                            try await settle(story) { continuation throws(ProviderError) in
                                try await remove(thing, client, emulator, continuation)
                            }
                            #expect(try await proxy.firedCount() > before, "\(story): nothing was spoilt")
                            try await proxy.spoil([])
                            #expect(try await count(thing, client, emulator) == 0, "\(story), after the removal")
                        }
                    }
                }
            }
        }
    }

    @Test(
        .enabled(if: isInstalled, "ministack and microburst are not installed (Tests/requirements.txt)"),
        .timeLimit(.minutes(15)), arguments: Thing.allCases)
    func `what AWS never takes is an error that may pass, and leaves nothing`(thing: Thing) async throws {
        try await Emulator.run(.ministack) { emulator in
            try await Microburst.run(before: emulator) { proxy in
                try await proxy.emulator.client { client in
                    let making = ["accessPoint": "CreateAccessPoint", "bucket": "CreateBucket"][thing.rawValue]
                    for fault in [Fault.throttled, .reset, .unavailable] {
                        let rule = fault.rule(
                            thing.service, making ?? "ChangeResourceRecordSets", times: nil)
                        try await proxy.spoil([rule])
                        await #expect {
                            try await make(thing, client, emulator, nil)
                        } throws: {
                            ($0 as? ProviderError)?.isPassing == true
                        }
                        try await proxy.spoil([])
                        #expect(try await count(thing, client, emulator) == 0)
                    }
                }
            }
        }
    }

    // MARK: Doing

    private func make(
        _ thing: Thing, _ client: AWSClient, _ emulator: Emulator, _ continuation: String?
    ) async throws(ProviderError) -> Progress<Bool> {
        switch thing {
        case .accessPoint: try await EFSFileStorage(client).ensureAccessPoint(accessPoint(emulator)).map { _ in true }
        case .bucket: try await S3ObjectStorage(client).ensureBucket(bucket).map { _ in true }
        case .name:
            try await Route53NameService(client).ensureRecord(record(emulator), continuation: continuation)
                .map { _ in true }
        }
    }

    private func remove(
        _ thing: Thing, _ client: AWSClient, _ emulator: Emulator, _ continuation: String?
    ) async throws(ProviderError) -> Progress<Bool> {
        switch thing {
        case .accessPoint: try await EFSFileStorage(client).removeAccessPoint(accessPoint(emulator)).map { _ in true }
        case .bucket: try await S3ObjectStorage(client).removeBucket(bucket).map { _ in true }
        case .name:
            try await Route53NameService(client).removeRecord(record(emulator), continuation: continuation)
                .map { _ in true }
        }
    }

    /// How many there are, by our marks.
    private func count(_ thing: Thing, _ client: AWSClient, _ emulator: Emulator) async throws -> Int {
        let inventory: any Inventory =
            switch thing {
            case .accessPoint: AccessPointInventory(client)
            case .bucket: BucketInventory(client, prefix: "dc")
            case .name: NameInventory(client)
            }
        let place = Place(
            region: AWSLoopback.region, fileSystem: emulator.fileSystem, hostedZone: emulator.hostedZone)
        return try await inventory.contents(of: [place]).count { $0.marks?.deployment == "acme-shop" }
    }

    /// Asks as an effect runner does: again after what may pass, a bounded number of times.
    private func settle(
        _ story: String, _ ask: (String?) async throws(ProviderError) -> Progress<Bool>
    ) async throws {
        var continuation: String?
        for _ in 1...300 {
            do throws(ProviderError) {
                switch try await ask(continuation) {
                case .done: return
                case .pending(_, let next, _): continuation = next
                }
            } catch {
                guard error.isPassing else { throw error }
                continue
            }
            // Like AWS, an emulator tells nobody that it is done: it has to be asked again.
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(story): never done")
    }

    private var bucket: BucketRequest {
        BucketRequest(name: "dc-acme-shop", region: AWSLoopback.region, ownership: Self.ours, wasMade: true)
    }

    private func accessPoint(_ emulator: Emulator) -> AccessPointRequest {
        AccessPointRequest(
            token: "acme-shop-r1", region: AWSLoopback.region, fileSystem: emulator.fileSystem, path: "/acme-shop",
            uid: 101, gid: 101, ownership: Self.ours)
    }

    private func record(_ emulator: Emulator) -> RecordRequest {
        RecordRequest(
            hostedZone: emulator.hostedZone, name: "shop.example.com", target: "lb.example.net", ownership: Self.ours)
    }
}
