import AWS
import Application
import HTTPClient
import Logging
import Testing

/// What S3 answers about a bucket that we may not see, which no stand-in for AWS does: they know one account.
@Suite struct `Removing a bucket that we may not see` {
    @Test(arguments: [("AccessDenied", "answers 403"), ("PermanentRedirect", "answers 301")])
    func `finds that it is not ours where none was made`(code: String, evidence: String) async throws {
        let progress = try await remove(wasMade: false, code)
        guard case .done(let absence) = progress else {
            Issue.record("\(progress)")
            return
        }
        #expect(absence.evidence.contains("HeadBucket of dc-acme-shop \(evidence)"))
    }

    @Test(arguments: ["AccessDenied", "PermanentRedirect"])
    func `is refused where one is on record as ours`(code: String) async {
        await expectRefusal { try await remove(wasMade: true, code) }
    }

    @Test func `is refused where it is our keys that are wrong`() async {
        await expectRefusal { try await remove(wasMade: false, "InvalidAccessKeyId") }
    }

    private func expectRefusal(
        location: SourceLocation = #_sourceLocation, _ body: () async throws -> Progress<Absence>
    ) async {
        await #expect(sourceLocation: location) {
            try await body()
        } throws: {
            if case .refused = $0 as? ProviderError { true } else { false }
        }
    }

    private func remove(wasMade: Bool, _ code: String) async throws -> Progress<Absence> {
        try await OneAnswerServer.run(code) { endpoint in
            let emulator = Emulator(
                url: endpoint.url, accessKeyID: "A", secretAccessKey: "S", hostedZone: "", fileSystem: "")
            return try await emulator.client { client in
                try await S3ObjectStorage(client).removeBucket(
                    BucketRequest(
                        name: "dc-acme-shop", region: "eu-central-1",
                        ownership: Ownership(deployment: "acme-shop", customer: "acme", release: 1), wasMade: wasMade))
            }
        }
    }
}
