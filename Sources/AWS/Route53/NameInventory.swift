package import Application
package import Domain
import HTTPClient

/// The names in the hosted zones of all clusters, with the ownership records beside them.
package struct NameInventory: Inventory {
    package let kind = ResourceKind.name
    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    package func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        var found: [FoundResource] = []
        do throws(AWSFailure) {
            for zone in Set(places.map(\.hostedZone)) {
                found += Self.names(in: try await records(of: zone), zone: zone)
            }
        } catch {
            throw error.providerError
        }
        return found
    }

    private func records(of zone: String) async throws(AWSFailure) -> [Route53Messages.RecordSet] {
        guard let endpoint = client.configuration.endpoint(of: .route53, region: Route53Messages.region) else {
            throw .refused(reason: "Route 53 has no address")
        }
        var records: [Route53Messages.RecordSet] = []
        var next: Route53Messages.Place? = Route53Messages.Place(name: nil, type: nil, identifier: nil)
        while let place = next {
            let call = Route53Messages.list(zone: zone, from: place, endpoint: endpoint)
            let body: [UInt8]
            do throws(AWSFailure) {
                body = try await client.send(call).body
            } catch .answered(let answer) where answer.code == "NoSuchHostedZone" {
                return []  // Of a cluster that is no more.
            }
            records += try Route53Messages.recordSets(in: body)
            next = Route53Messages.next(in: body)
        }
        return records
    }

    /// A name is ours by the ownership record below it. Every other CNAME is told of too, unmarked: it may be one on record whose
    /// ownership record was lost. An ownership record that is left alone is a name as well.
    package static func names(in records: [Route53Messages.RecordSet], zone: String) -> [FoundResource] {
        let marker = "_deploycenter."
        var marks: [String: OwnershipMarks] = [:]
        for record in records where record.type == "TXT" && record.name.hasPrefix(marker) {
            marks[String(record.name.dropFirst(marker.count))] = NameClaim.marks(in: record.values)
        }
        var targets: [String: String] = [:]
        for record in records where record.type == "CNAME" { targets[record.name] = record.values.first ?? "" }
        return Set(marks.keys).union(targets.keys).sorted().map { name in
            FoundResource(
                kind: .name, identity: name, container: zone, marks: marks[name], detail: targets[name])
        }
    }
}
