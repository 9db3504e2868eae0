package import Application
import HTTPClient

/// CNAME records in Route 53, each with a TXT record below it that says whose it is.
package struct Route53NameService: NameService {
    private let client: AWSClient
    /// A change reaches all name servers within about a minute. Route 53 allows ten requests a second for each account.
    private static let pollInterval = Duration.seconds(3)

    package init(_ client: AWSClient) { self.client = client }

    package func ensureRecord(
        _ request: RecordRequest, continuation: String?
    ) async throws(ProviderError) -> Progress<NameRecord> {
        do throws(AWSFailure) {
            let endpoint = try endpoint()
            if let continuation, let info = try await changeInfo(continuation, endpoint) {
                return progress(info, of: request)
            }
            switch try await claim(request, endpoint).making(request) {
            case .nothing:
                return .done(NameRecord(name: request.name, target: request.target, changeID: nil))
            case .changes(let changes): return progress(try await apply(changes, request, endpoint), of: request)
            case .refused(let reason): throw .refused(reason: reason)
            }
        } catch {
            throw error.providerError
        }
    }

    package func removeRecord(
        _ request: RecordRequest, continuation: String?
    ) async throws(ProviderError) -> Progress<Absence> {
        do throws(AWSFailure) {
            let endpoint = try endpoint()
            if let continuation {
                if let info = try await changeInfo(continuation, endpoint), !info.isInSync { return pending(info) }
            } else if case .gone = try await claim(request, endpoint).removing(request) {
                try await client.retry.waitBeforeSecondLook()
            }
            switch try await claim(request, endpoint).removing(request) {
            case .gone(let evidence): return .done(Absence(evidence))
            case .refused(let reason): throw .refused(reason: reason)
            case .changes(let changes):
                // The proof is read in the next call, when all name servers have the change.
                return pending(try await apply(changes, request, endpoint))
            }
        } catch {
            throw error.providerError
        }
    }

    private func claim(_ request: RecordRequest, _ endpoint: Endpoint) async throws(AWSFailure) -> NameClaim {
        let name = Route53Messages.RecordSet.comparable(request.name)
        let ownershipName = NameClaim.ownershipName(of: name)
        let here = Route53Messages.list(zone: request.hostedZone, from: name, type: nil, endpoint: endpoint)
        let below = Route53Messages.list(
            zone: request.hostedZone, from: ownershipName, type: "TXT", endpoint: endpoint)
        let records = try Route53Messages.recordSets(in: try await client.send(here).body)
        let owners = try Route53Messages.recordSets(in: try await client.send(below).body)
        return NameClaim(
            records: records.filter { $0.name == name },
            ownership: owners.first { $0.name == ownershipName && $0.type == "TXT" })
    }

    private func apply(
        _ changes: [NameClaim.Change], _ request: RecordRequest, _ endpoint: Endpoint
    ) async throws(AWSFailure) -> Route53Messages.ChangeInfo {
        let call = Route53Messages.change(
            zone: request.hostedZone, comment: "DeployCenter \(request.ownership.deployment)", changes,
            endpoint: endpoint)
        do throws(AWSFailure) {
            return try Route53Messages.changeInfo(in: try await client.send(call).body)
        } catch .answered(let answer) where answer.code == "InvalidChangeBatch" && Self.isOutdated(answer.message) {
            // Somebody changed the name after it was read: the next try reads it again and decides anew.
            throw .retryable(reason: answer.description, after: nil)
        }
    }

    private static func isOutdated(_ message: String) -> Bool {
        message.contains("already exists") || message.contains("not found") || message.contains("do not match")
    }

    /// nil for a change that Route 53 has forgotten.
    private func changeInfo(
        _ id: String, _ endpoint: Endpoint
    ) async throws(AWSFailure) -> Route53Messages.ChangeInfo? {
        do throws(AWSFailure) {
            let reply = try await client.send(Route53Messages.change(id: id, endpoint: endpoint))
            return try Route53Messages.changeInfo(in: reply.body)
        } catch .answered(let answer) where answer.code == "NoSuchChange" {
            return nil
        }
    }

    private func progress(_ info: Route53Messages.ChangeInfo, of request: RecordRequest) -> Progress<NameRecord> {
        guard info.isInSync else { return pending(info) }
        return .done(NameRecord(name: request.name, target: request.target, changeID: info.id))
    }

    private func pending<Value>(_ info: Route53Messages.ChangeInfo) -> Progress<Value> {
        .pending(
            observation: "change \(info.id) is \(info.isInSync ? "INSYNC" : "PENDING")", continuation: info.id,
            pollAfter: info.isInSync ? .milliseconds(1) : Self.pollInterval)
    }

    private func endpoint() throws(AWSFailure) -> Endpoint {
        guard let endpoint = client.configuration.endpoint(of: .route53, region: Route53Messages.region) else {
            throw .refused(reason: "Route 53 has no address")
        }
        return endpoint
    }
}
