import AWS
import Application
import EventSourcing
import HTTPClient
import HTTPTypes
import TestSupport
import Testing

/// The bucket that keeps checkpoints from everybody, against other people's stand-ins for AWS.
@Suite(.serialized) struct `A bucket with Object Lock, as others stand in for it` {
    static let installed = Emulator.Kind.allCases.filter(\.isInstalled)
    private static let (region, bucket) = ("eu-central-1", "dc-audit-witness")

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `keeps every checkpoint, whatever is put over it, and whoever deletes it`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                try await make(Self.bucket, in: client, locked: true)
                let witness = try witness(client, of: Self.bucket)
                let checkpoints = [1, 20, 300].map {
                    AuditCheckpoint(treeSize: $0, root: "", note: "log\n\($0)\nroot\n\n\u{2014} log AAAA\n")
                }
                for checkpoint in checkpoints {
                    for _ in 1...2 { #expect(try await witness.publish(checkpoint) == checkpoint.note) }
                }
                // What is there answers for the log, and nothing is put over it.
                let forged = AuditCheckpoint(treeSize: 20, root: "", note: "forged")
                #expect(try await witness.publish(forged) == checkpoints[1].note)
                let notes = checkpoints.map(\.note).sorted()
                #expect(try await witness.notes().sorted() == notes)

                let messages = try S3Messages(
                    bucket: Self.bucket, region: Self.region, configuration: client.configuration)
                let listed = try await client.send(messages.objectVersions(prefix: "audit/", after: nil)).body
                let versions = try #require(S3Messages.objectVersions(listed)).versions
                #expect(versions.count == 3)
                for version in versions {
                    await #expect("not even with the right to lift lesser locks") {
                        try await send(
                            client, .delete, version.key, query: [("versionId", version.id)],
                            ["x-amz-bypass-governance-retention": "true"])
                    } throws: {
                        if case .answered(let answer) = $0 as? AWSFailure { answer.status == 403 } else { false }
                    }
                }
                // moto fails to read its own retention.
                if kind == .ministack, let key = versions.first?.key {
                    let retention = try await send(client, .get, key, query: [("retention", "")])
                    let text = String(decoding: retention.body, as: UTF8.self)
                    #expect(text.contains("COMPLIANCE"), "\(text)")
                }

                // Allowed, and yet nothing is hidden by it: a marker of deletion, and a version over the first one.
                for version in versions { try await send(client, .delete, version.key) }
                #expect(try await witness.notes().sorted() == notes)
                for version in versions { try await send(client, .put, version.key, body: Array("forged".utf8)) }
                #expect(try await witness.notes().sorted() == notes)
                #expect(try await witness.publish(forged) == checkpoints[1].note)
            }
        }
    }

    @Test(.enabled(if: !installed.isEmpty, "neither ministack nor moto is installed"), arguments: installed)
    func `is what a bucket must be, or it is refused`(kind: Emulator.Kind) async throws {
        try await Emulator.run(kind) { emulator in
            try await emulator.client { client in
                try await make("dc-audit-open", in: client, locked: false)
                for bucket in ["dc-audit-open", "dc-audit-nowhere"] {
                    let witness = try witness(client, of: bucket)
                    await #expect {
                        try await witness.publish(AuditCheckpoint(treeSize: 1, root: "", note: "note"))
                    } throws: {
                        if case .refused = $0 as? ProviderError { true } else { false }
                    }
                }
            }
        }
    }

    private func witness(_ client: AWSClient, of bucket: String) throws -> S3Witness {
        try S3Witness(
            client, S3WitnessConfiguration(bucket: bucket, region: Self.region, retentionDays: 30),
            aws: client.configuration, now: { currentTime() })
    }

    private func make(_ bucket: String, in client: AWSClient, locked: Bool) async throws {
        let body =
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>"
            + "\(Self.region)</LocationConstraint></CreateBucketConfiguration>"
        try await send(
            client, .put, nil, of: bucket, locked ? ["x-amz-bucket-object-lock-enabled": "true"] : [:],
            body: Array(body.utf8))
    }

    @discardableResult private func send(
        _ client: AWSClient, _ method: HTTPRequest.Method, _ key: String?, of bucket: String = Self.bucket,
        query: [(name: String, value: String)] = [], _ headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> HTTPReply {
        let endpoint = try #require(client.configuration.endpoint(of: .s3, region: Self.region))
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let path = [bucket] + (key?.split(separator: "/").map(String.init) ?? [])
        return try await client.send(
            AWSCall(
                service: .s3, operation: "test", region: Self.region,
                request: endpoint.request(method, path, query: query, headerFields: fields), body: body))
    }
}
