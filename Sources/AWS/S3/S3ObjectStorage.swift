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
            // Emulators, and S3 before 2025, make a bucket without the tags that it is to be made with.
            let tags = try await tags(messages)
            if wasAdopted { try checkIsOurs(tags, request) }
            for setting in messages.settings { _ = try await client.send(setting) }
            let wanted = tags.merging(request.ownership.tags.map { ($0.key, $0.value) }) { _, ours in ours }
            if wanted != tags { _ = try await client.send(messages.retag(wanted)) }
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
            if try await absence(messages, request) != nil {
                try await client.retry.waitBeforeSecondLook()
                if let absence = try await absence(messages, request) { return .done(absence) }
            }
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
            if let absence = try await absence(messages, request) { return .done(absence) }
            return .pending(
                observation: "HeadBucket still finds \(request.name)", continuation: nil, pollAfter: .seconds(2))
        } catch .answered(let answer) where answer.code == "NoSuchBucket" {
            // HeadBucket lags behind the rest of S3.
            return .pending(
                observation: "HeadBucket still finds \(request.name), which is gone", continuation: nil,
                pollAfter: .seconds(2))
        } catch {
            throw error.providerError
        }
    }

    /// What HeadBucket says of a name, whose answers have no text.
    private enum Sight {
        case free, found, forbidden, inAnotherRegion
    }

    private func look(_ messages: S3Messages, again: Bool = false) async throws(AWSFailure) -> Sight {
        do throws(AWSFailure) {
            _ = try await client.send(messages.head)
            return .found
        } catch .answered(let answer) where [400, 403].contains(answer.status) && !again {
            // It may be our clock or our credentials. A question whose answer has a text says so, and the client then mends them.
            do throws(AWSFailure) { _ = try await client.send(messages.tagging) } catch .answered {}
            return try await look(messages, again: true)
        } catch .answered(let answer) where answer.status == 404 {
            return .free
        } catch .answered(let answer) where answer.status == 403 {
            return .forbidden
        } catch .answered(let answer) where answer.status == 301 {
            return .inAnotherRegion
        }
    }

    /// False where the name is free; a bucket that we may not see is somebody else's.
    private func exists(_ messages: S3Messages, _ request: BucketRequest) async throws(AWSFailure) -> Bool {
        switch try await look(messages) {
        case .found: return true
        case .free: return false
        case .forbidden: throw forbidden(request)
        case .inAnotherRegion: throw inAnotherRegion(request)
        }
    }

    /// The proof that there is no bucket of ours; nil if there is one. A bucket on record as ours that we may not look at, or
    /// that has lost its tags, is refused: only a person can tell what became of it.
    private func absence(_ messages: S3Messages, _ request: BucketRequest) async throws(AWSFailure) -> Absence? {
        let name = request.name
        let sight = try await look(messages)
        switch sight {
        case .free: return Absence("HeadBucket of \(name) answers 404")
        case .inAnotherRegion:
            if request.wasMade { throw inAnotherRegion(request) }
            return Absence("HeadBucket of \(name) answers 301: it is in another region, and so not ours")
        case .found, .forbidden: break
        }
        let owner: String?
        do throws(AWSFailure) {
            owner = try await self.owner(messages)
        } catch .answered(let answer) where answer.code == "AccessDenied" && !request.wasMade && sight == .forbidden {
            // Keys that are wrong or expired have other codes: they say nothing about the bucket. Of one that we may look at, only a
            // person can tell whose it is.
            return Absence("HeadBucket of \(name) answers 403: it is not ours")
        }
        switch owner {
        case request.ownership.deployment:
            if sight == .forbidden { throw forbidden(request) }
            return nil
        case let other?: return Absence("the bucket \(name) is tagged for another deployment, \(other)")
        case nil:
            if request.wasMade { throw notOurs(request, owner: nil) }
            return Absence("the bucket \(name) has no tag of DeployCenter")
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

    private func checkIsOurs(_ tags: [String: String], _ request: BucketRequest) throws(AWSFailure) {
        let owner = OwnershipMarks(tags: tags)?.deployment
        guard owner == request.ownership.deployment else { throw notOurs(request, owner: owner) }
    }

    /// The deployment that the bucket is tagged for.
    private func owner(_ messages: S3Messages) async throws(AWSFailure) -> String? {
        OwnershipMarks(tags: try await tags(messages))?.deployment
    }

    private func tags(_ messages: S3Messages) async throws(AWSFailure) -> [String: String] {
        do throws(AWSFailure) {
            return S3Messages.tags(in: try await client.send(messages.tagging).body)
        } catch .answered(let answer) where answer.code == "NoSuchTagSet" {
            return [:]
        }
    }

    private func forbidden(_ request: BucketRequest) -> AWSFailure {
        .refused(reason: "the bucket \(request.name) belongs to somebody else, or we may not look (403)")
    }

    private func inAnotherRegion(_ request: BucketRequest) -> AWSFailure {
        .refused(reason: "the bucket \(request.name) is in another region than \(request.region)")
    }

    private func notOurs(_ request: BucketRequest, owner: String?) -> AWSFailure {
        .refused(
            reason: "the bucket \(request.name) is there and "
                + (owner.map { "belongs to \($0)" } ?? "has no tag of DeployCenter"))
    }

    private func holdsDataFailure(_ request: BucketRequest) -> AWSFailure {
        .refused(reason: "the bucket \(request.name) holds data: empty it, with all versions, before it can be removed")
    }

    private func messages(_ request: BucketRequest) throws(AWSFailure) -> S3Messages {
        try S3Messages(bucket: request.name, region: request.region, configuration: client.configuration)
    }
}
