package import Application
package import Domain
import HTTPClient
import HTTPTypes

/// The buckets whose names begin as ours do, in the regions of all clusters, with the tags that say whose they are.
package struct BucketInventory: Inventory {
    package let kind = ResourceKind.bucket
    private let client: AWSClient
    private let prefix: String

    /// `prefix` begins the names of all our buckets (`Conventions`).
    package init(_ client: AWSClient, prefix: String) {
        self.client = client
        self.prefix = "\(prefix)-"
    }

    package func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        var found: [String: FoundResource] = [:]
        do throws(AWSFailure) {
            for region in Set(places.map(\.region)) {
                for name in try await names(in: region) where found[name] == nil {
                    found[name] = try await bucket(name, in: region)
                }
            }
        } catch {
            throw error.providerError
        }
        return Array(found.values)
    }

    /// Of this region, where S3 heeds that; else of all.
    private func names(in region: String) async throws(AWSFailure) -> [String] {
        guard let endpoint = client.configuration.endpoint(of: .s3, region: region) else {
            throw .refused(reason: "\(region) is no AWS region")
        }
        var names: [String] = []
        var continuation: String?
        repeat {
            var query = [
                (name: "bucket-region", value: region), (name: "max-buckets", value: "1000"),
                (name: "prefix", value: prefix),
            ]
            if let continuation { query.append((name: "continuation-token", value: continuation)) }
            let reply = try await client.send(
                AWSCall(
                    service: .s3, operation: "ListBuckets", region: region,
                    request: endpoint.request(.get, [""], query: query)))
            guard let root = XMLNode(reply.body), let buckets = root["Buckets"] else {
                throw .retryable(reason: "S3 answered something else than a list of buckets", after: nil)
            }
            names += buckets.all("Bucket").compactMap { $0["Name"]?.text }.filter { $0.hasPrefix(prefix) }
            continuation = root["ContinuationToken"].flatMap { $0.text.isEmpty ? nil : $0.text }
        } while continuation != nil
        return names
    }

    /// nil for one that is in another region, is gone by now, or is hidden from us: then it is not ours.
    private func bucket(_ name: String, in region: String) async throws(AWSFailure) -> FoundResource? {
        let messages = try S3Messages(bucket: name, region: region, configuration: client.configuration)
        var tags: [String: String] = [:]
        do throws(AWSFailure) {
            tags = S3Messages.tags(in: try await client.send(messages.tagging).body)
        } catch .answered(let answer) where answer.code == "NoSuchTagSet" {
            // A bucket without any.
        } catch .answered(let answer)
            where ["NoSuchBucket", "PermanentRedirect", "AccessDenied"].contains(answer.code)
        {
            return nil
        }
        return FoundResource(
            kind: .bucket, identity: name, container: region, region: region, marks: OwnershipMarks(tags: tags))
    }
}
