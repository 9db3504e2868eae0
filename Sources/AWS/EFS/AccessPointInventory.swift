package import Application
package import Domain
import HTTPClient

/// The access points on the file systems of all clusters, with the tags that say whose they are.
package struct AccessPointInventory: Inventory {
    package let kind = ResourceKind.accessPoint
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    package func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        var found: [FoundResource] = []
        do throws(AWSFailure) {
            for place in Set(places.map { FileSystem(region: $0.region, id: $0.fileSystem) }) {
                found += try await contents(of: place)
            }
        } catch {
            throw error.providerError
        }
        return found
    }

    private struct FileSystem: Hashable {
        let region: String
        let id: String
    }

    private func contents(of fileSystem: FileSystem) async throws(AWSFailure) -> [FoundResource] {
        guard let endpoint = client.configuration.endpoint(of: .efs, region: fileSystem.region) else {
            throw .refused(reason: "\(fileSystem.region) is no AWS region")
        }
        var found: [FoundResource] = []
        var nextToken: String?
        repeat {
            let call = EFSMessages.list(
                fileSystem: fileSystem.id, nextToken: nextToken, endpoint: endpoint, region: fileSystem.region)
            let page: EFSMessages.Page
            do throws(AWSFailure) {
                page = try EFSMessages.page(in: try await client.send(call).body)
            } catch .answered(let answer) where answer.code == "FileSystemNotFound" {
                return []  // Of a cluster that is no more.
            }
            found += page.accessPoints.filter { !["deleting", "deleted"].contains($0.state) }.map {
                FoundResource(
                    kind: .accessPoint, identity: $0.id, container: fileSystem.id, region: fileSystem.region,
                    marks: $0.marks, detail: $0.clientToken)
            }
            nextToken = page.nextToken
        } while nextToken != nil
        return found
    }
}
