import AWS
import Application
import EventSourcing
import FoundationEssentials
import HTTPClient
import TestSupport
import Testing

/// How a pod on EKS becomes somebody in AWS, against the simulator, which verifies tokens and signatures.
@Suite struct `Credentials of a pod` {
    private enum Kind: String, CaseIterable, Sendable {
        case webIdentity, podIdentity

        /// How long its sessions last.
        var seconds: Int { self == .webIdentity ? 3600 : 21_600 }

        func environment(_ loopback: AWSLoopback, tokenFile: String) -> [String: String] {
            switch self {
            case .webIdentity:
                [
                    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/deploycenter",
                    "AWS_WEB_IDENTITY_TOKEN_FILE": tokenFile, "AWS_REGION": AWSLoopback.region,
                ]
            case .podIdentity:
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(loopback.endpoint.url)/v1/credentials",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": tokenFile,
                ]
            }
        }
    }

    @Test(arguments: Kind.allCases)
    private func `are had for its token, and renewed before they end`(kind: Kind) async throws {
        try await AWSLoopback.run { loopback in
            let file = try await loopback.writeToken()
            let storage = EFSFileStorage(try loopback.client(kind.environment(loopback, tokenFile: file)))
            let request = loopback.accessPoint()
            guard case .done(let made) = try await storage.ensureAccessPoint(request) else {
                Issue.record("not done")
                return
            }
            _ = try await storage.ensureAccessPoint(request)
            #expect(try await loopback.sessions == 1)
            // Two minutes before the end.
            loopback.clock.advance(.seconds(kind.seconds - 120))
            #expect(
                try await storage.ensureAccessPoint(request)
                    == .done(AccessPoint(id: made.id, arn: made.arn, wasAdopted: true)))
            try await eventually("they are renewed") { try await loopback.sessions == 2 }
            // The first ones have ended.
            loopback.clock.advance(.seconds(240))
            _ = try await storage.ensureAccessPoint(request)
            #expect(try await loopback.sessions == 2)
        }
    }

    @Test(arguments: Kind.allCases)
    private func `that AWS calls expired are renewed, and the request is repeated once`(kind: Kind) async throws {
        try await AWSLoopback.run { loopback in
            let file = try await loopback.writeToken()
            let client = try loopback.client(kind.environment(loopback, tokenFile: file))
            let buckets = S3ObjectStorage(client)
            let bucket = BucketRequest(
                name: "dc-acme-shop", region: AWSLoopback.region,
                ownership: Ownership(deployment: "acme-shop", customer: "acme", release: 1))
            #expect(try await buckets.ensureBucket(bucket) == .done(Bucket(name: bucket.name, wasAdopted: false)))
            // The first question is a HEAD, whose answer cannot say why; the second one's does.
            try await loopback.addFault([
                "path": "dc-acme-shop", "times": 2, "status": 400,
                "body": "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>",
            ])
            #expect(try await buckets.ensureBucket(bucket) == .done(Bucket(name: bucket.name, wasAdopted: true)))
            #expect(try await loopback.sessions == 2)
        }
    }

    @Test func `are asked for with the token that the file holds then`() async throws {
        try await AWSLoopback.run { loopback in
            let file = try await loopback.writeToken(validFor: .seconds(600))
            let storage = EFSFileStorage(
                try loopback.client(Kind.webIdentity.environment(loopback, tokenFile: file)))
            _ = try await storage.ensureAccessPoint(loopback.accessPoint())
            loopback.clock.advance(.seconds(3601))
            await #expect {
                try await storage.ensureAccessPoint(loopback.accessPoint())
            } throws: {
                if case .unavailable(let reason, _)? = $0 as? ProviderError {
                    reason.contains("InvalidIdentityToken") && !reason.contains("eyJ")
                } else {
                    false
                }
            }
            _ = try await loopback.writeToken()
            loopback.clock.advance(.seconds(5))
            _ = try await storage.ensureAccessPoint(loopback.accessPoint())
        }
    }

    @Test func `that cannot be renewed serve until they end`() async throws {
        try await AWSLoopback.run { loopback in
            let file = try await loopback.writeToken(validFor: .seconds(600))
            let storage = EFSFileStorage(
                try loopback.client(Kind.webIdentity.environment(loopback, tokenFile: file)))
            _ = try await storage.ensureAccessPoint(loopback.accessPoint())
            loopback.clock.advance(.seconds(3500))
            for _ in 1...3 { _ = try await storage.ensureAccessPoint(loopback.accessPoint()) }
            #expect(try await loopback.sessions == 1)
        }
    }

    @Test func `refused for a token of nobody`() async throws {
        try await AWSLoopback.run { loopback in
            let file = "\(loopback.directory)/strangers-token"
            try "header.payload.signature".write(toFile: file, atomically: true, encoding: .utf8)
            for kind in Kind.allCases {
                let storage = EFSFileStorage(try loopback.client(kind.environment(loopback, tokenFile: file)))
                await #expect(throws: ProviderError.self) {
                    try await storage.ensureAccessPoint(loopback.accessPoint())
                }
            }
            #expect(try await loopback.sessions == 0)
        }
    }
}
