package import Application
import HTTPClient

/// Buckets in S3: private, encrypted, versioned, and tagged with who they belong to.
package struct S3ObjectStorage: ObjectStorage {
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Looks before it makes: in `us-east-1` making one's own bucket again answers 200 and resets its access rights.
    package func ensureBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Bucket> {
        do throws(AWSFailure) {
            let messages = try messages(request)
            var wasAdopted = try await exists(messages, request)
            if !wasAdopted { wasAdopted = try await !create(messages, request) }
            if wasAdopted { try await checkIsOurs(messages, request) }
            for setting in messages.settings(request.ownership) { _ = try await client.send(setting) }
            return .done(Bucket(name: request.name, wasAdopted: wasAdopted))
        } catch .answered(let answer) where answer.code == "NoSuchBucket" {
            // A new bucket is not known everywhere at once.
            throw .retryable(reason: answer.description, after: nil)
        } catch {
            throw error.providerError
        }
    }

    package func removeBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Absence> {
        do throws(AWSFailure) {
            let messages = try messages(request)
            guard try await exists(messages, request) else { return .done(absence(request)) }
            try await checkIsOurs(messages, request)
            guard let holdsData = S3Messages.holdsVersions(try await client.send(messages.firstVersion).body) else {
                throw .retryable(reason: "S3 does not say whether \(request.name) is empty", after: nil)
            }
            if holdsData { throw holdsDataFailure(request) }
            do throws(AWSFailure) {
                _ = try await client.send(messages.delete)
            } catch .answered(let answer) where answer.code == "BucketNotEmpty" {
                throw holdsDataFailure(request)
            } catch .answered(let answer) where answer.code == "NoSuchBucket" {
                // Somebody was faster; the next read proves it.
            }
            if try await exists(messages, request) {
                return .pending(
                    observation: "HeadBucket still finds \(request.name)", continuation: nil, pollAfter: .seconds(2))
            }
            return .done(absence(request))
        } catch {
            throw error.providerError
        }
    }

    /// False where the name is free; a bucket that we may not see is somebody else's.
    private func exists(_ messages: S3Messages, _ request: BucketRequest) async throws(AWSFailure) -> Bool {
        do throws(AWSFailure) {
            _ = try await client.send(messages.head)
            return true
        } catch .answered(let answer) where answer.status == 404 {
            return false
        } catch .answered(let answer) where answer.status == 403 {
            throw .refused(reason: "the bucket \(request.name) belongs to somebody else, or we may not look (403)")
        } catch .answered(let answer) where answer.status == 301 {
            throw .refused(reason: "the bucket \(request.name) is in another region than \(request.region)")
        }
    }

    /// False where an earlier try had made it.
    private func create(_ messages: S3Messages, _ request: BucketRequest) async throws(AWSFailure) -> Bool {
        do throws(AWSFailure) {
            _ = try await client.send(messages.create(request.ownership))
            return true
        } catch .answered(let answer) where answer.code == "BucketAlreadyOwnedByYou" {
            return false
        } catch .answered(let answer) where answer.code == "BucketAlreadyExists" {
            throw .refused(reason: "the bucket name \(request.name) is taken by somebody else")
        }
    }

    private func checkIsOurs(_ messages: S3Messages, _ request: BucketRequest) async throws(AWSFailure) {
        var owner: String?
        do throws(AWSFailure) {
            owner = S3Messages.tags(in: try await client.send(messages.tagging).body)[Ownership.deploymentKey]
        } catch .answered(let answer) where answer.code == "NoSuchTagSet" {
            owner = nil
        }
        guard owner == request.ownership.deployment else {
            throw .refused(
                reason: "the bucket \(request.name) is there and "
                    + (owner.map { "belongs to \($0)" } ?? "has no tag of DeployCenter"))
        }
    }

    private func holdsDataFailure(_ request: BucketRequest) -> AWSFailure {
        .refused(reason: "the bucket \(request.name) holds data: empty it, with all versions, before it can be removed")
    }

    private func absence(_ request: BucketRequest) -> Absence { Absence("HeadBucket of \(request.name) answers 404") }

    private func messages(_ request: BucketRequest) throws(AWSFailure) -> S3Messages {
        try S3Messages(bucket: request.name, region: request.region, configuration: client.configuration)
    }
}
