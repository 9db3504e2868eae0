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
/// A version under lock stays even where somebody puts another over it or marks it as deleted, and we put none over one that is there. So
/// what counts of each name is its first version.
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
                guard let first = try await firstVersions(prefix: key).first else { return "" }
                return String(decoding: try await client.send(messages.object(first)).body, as: UTF8.self)
            }
        } catch {
            throw error.providerError
        }
    }

    package func notes() async throws(ProviderError) -> [String] {
        var notes: [String] = []
        do throws(AWSFailure) {
            for version in try await chosenVersions() {
                notes.append(String(decoding: try await client.send(messages.object(version)).body, as: UTF8.self))
            }
        } catch {
            throw error.providerError
        }
        return notes
    }

    private func chosenVersions() async throws(AWSFailure) -> [S3ObjectVersion] {
        let versions = try await firstVersions(prefix: configuration.prefix)
        let sizes = versions.map { "\(Int64($0.key.dropFirst(configuration.prefix.count)) ?? 0)/checkpoint" }
        let byPath = Dictionary(zip(sizes, versions), uniquingKeysWith: { first, _ in first })
        return CheckpointSelection.paths(sizes).compactMap { byPath[$0] }
    }

    /// The first version of each name: S3 lists the versions of a name from the latest to the first.
    private func firstVersions(prefix: String) async throws(AWSFailure) -> [S3ObjectVersion] {
        var versions: [S3ObjectVersion] = []
        var last: S3ObjectVersion?
        repeat {
            let body = try await client.send(messages.objectVersions(prefix: prefix, after: last)).body
            guard let page = S3Messages.objectVersions(body) else {
                throw .retryable(
                    reason: "S3's list of \(configuration.bucket) is not what its API describes", after: nil)
            }
            for version in page.versions {
                if versions.last?.key == version.key { versions.removeLast() }
                versions.append(version)
            }
            last = page.next
        } while last != nil
        return versions
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

    package func object(_ version: S3ObjectVersion) -> AWSCall {
        object("GetObject", .get, version.key, query: [("versionId", version.id)])
    }

    package func objectVersions(prefix: String, after last: S3ObjectVersion?) -> AWSCall {
        var query = [(name: "prefix", value: prefix), (name: "versions", value: "")]
        if let last {
            query += [(name: "key-marker", value: last.key), (name: "version-id-marker", value: last.id)]
        }
        return listing("ListObjectVersions", query: query)
    }

    /// A page of versions, markers of deletion left out; nil where the answer is none. `next` is what the next page begins after.
    package static func objectVersions(_ body: [UInt8]) -> (versions: [S3ObjectVersion], next: S3ObjectVersion?)? {
        guard let root = XMLNode(body), root.name == "ListVersionsResult" else { return nil }
        let isCut = root["IsTruncated"]?.text == "true"
        return (
            root.all("Version").compactMap { S3ObjectVersion($0["Key"], $0["VersionId"]) },
            isCut ? S3ObjectVersion(root["NextKeyMarker"], root["NextVersionIdMarker"]) : nil
        )
    }
}

/// One of the contents that an object's name has, or had.
package struct S3ObjectVersion: Equatable, Sendable {
    package let key: String
    package let id: String

    fileprivate init?(_ key: XMLNode?, _ id: XMLNode?) {
        guard let key, let id else { return nil }
        self.init(key: key.text, id: id.text)
    }

    package init(key: String, id: String) {
        self.key = key
        self.id = id
    }
}
