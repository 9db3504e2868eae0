package import Application
package import EventSourcing
import HTTPClient
import HTTPTypes

/// Where checkpoints are kept so that nobody can take them away for a time.
package struct S3WitnessConfiguration: Equatable, Sendable {
    package let bucket: String
    package let region: String
    /// Objects are named `<prefix><tree size, twenty digits>`, so that they list in order.
    package let prefix: String
    /// How long each checkpoint is locked.
    package let retentionDays: Int

    package init(
        bucket: String, region: String, prefix: String = "audit/checkpoints/", retentionDays: Int = 3_650
    ) {
        self.bucket = bucket
        self.region = region
        self.prefix = prefix
        self.retentionDays = retentionDays
    }
}

/// Keeps checkpoints in a bucket with Object Lock in compliance mode, where not even the account's owner deletes them in time.
///
/// A version under lock stays even where somebody puts another over it, and we put none over one that is there.
package struct S3Witness: CheckpointWitness {
    package var name: String { "s3:\(configuration.bucket)" }
    private let client: AWSClient
    private let configuration: S3WitnessConfiguration
    private let messages: S3Messages
    private let now: @Sendable () -> Timestamp

    /// Throws `refused` for a region that does not exist.
    package init(
        _ client: AWSClient, _ configuration: S3WitnessConfiguration, aws: AWSConfiguration,
        now: @escaping @Sendable () -> Timestamp
    ) throws(ProviderError) {
        self.client = client
        self.configuration = configuration
        self.now = now
        do throws(AWSFailure) {
            messages = try S3Messages(bucket: configuration.bucket, region: configuration.region, configuration: aws)
        } catch {
            throw error.providerError
        }
    }

    @discardableResult package func publish(_ checkpoint: AuditCheckpoint) async throws(ProviderError) -> String {
        let until = now() + .seconds(86_400 * Int64(configuration.retentionDays))
        let key = configuration.prefix + Self.padded(checkpoint.treeSize)
        do throws(AWSFailure) {
            do throws(AWSFailure) {
                _ = try await client.send(messages.lockObject(key, Array(checkpoint.note.utf8), until: until))
                return checkpoint.note
            } catch .answered(let answer) where answer.status == 412 {
                // Something is there already: the caller compares.
                return String(decoding: try await client.send(messages.object(key)).body, as: UTF8.self)
            }
        } catch {
            throw error.providerError
        }
    }

    package func notes() async throws(ProviderError) -> [String] {
        var notes: [String] = []
        do throws(AWSFailure) {
            for key in try await chosenKeys() {
                notes.append(String(decoding: try await client.send(messages.object(key)).body, as: UTF8.self))
            }
        } catch {
            throw error.providerError
        }
        return notes
    }

    private func chosenKeys() async throws(AWSFailure) -> [String] {
        var keys: [String] = []
        var token: String?
        repeat {
            let body = try await client.send(messages.objects(prefix: configuration.prefix, after: token)).body
            guard let listing = S3Messages.listing(body) else {
                throw .retryable(
                    reason: "S3's list of \(configuration.bucket) is not what its API describes", after: nil)
            }
            keys += listing.keys
            token = listing.next
        } while token != nil
        let sizes = keys.map { "\(Int64($0.dropFirst(configuration.prefix.count)) ?? 0)/checkpoint" }
        let byPath = Dictionary(zip(sizes, keys), uniquingKeysWith: { first, _ in first })
        return CheckpointSelection.paths(sizes).compactMap { byPath[$0] }
    }

    private static func padded(_ size: Int64) -> String {
        let digits = String(size)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }
}

extension S3Messages {
    /// Puts an object unless there is one of that name, and locks it. S3 wants a checksum with a lock.
    package func lockObject(_ key: String, _ body: [UInt8], until: Timestamp) -> AWSCall {
        var headers = HTTPFields()
        headers[.contentType] = "text/plain; charset=utf-8"
        headers[.ifNoneMatch] = "*"
        for (name, value) in [
            ("x-amz-object-lock-mode", "COMPLIANCE"), ("x-amz-object-lock-retain-until-date", until.description),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return object("PutObject", .put, key, headers, body)
    }

    package func object(_ key: String) -> AWSCall { object("GetObject", .get, key) }

    package func objects(prefix: String, after token: String?) -> AWSCall {
        var query = [(name: "list-type", value: "2"), (name: "prefix", value: prefix)]
        if let token { query.append((name: "continuation-token", value: token)) }
        return listing("ListObjectsV2", query: query)
    }

    /// A page of names; nil where the answer is none.
    package static func listing(_ body: [UInt8]) -> (keys: [String], next: String?)? {
        guard let root = XMLNode(body), root.name == "ListBucketResult" else { return nil }
        let isCut = root["IsTruncated"]?.text == "true"
        return (root.all("Contents").compactMap { $0["Key"]?.text }, isCut ? root["NextContinuationToken"]?.text : nil)
    }
}
