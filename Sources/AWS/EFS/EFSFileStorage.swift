package import Application
import HTTPClient

/// Access points on EFS.
package struct EFSFileStorage: FileStorage {
    private let client: AWSClient
    /// EFS makes an access point in a second or two.
    private static let pollInterval = Duration.seconds(2)

    package init(_ client: AWSClient) { self.client = client }

    package func ensureAccessPoint(
        _ request: AccessPointRequest
    ) async throws(ProviderError) -> Progress<AccessPoint> {
        do throws(AWSFailure) {
            let endpoint = try endpoint(request)
            if let found = try await find(request, endpoint) { return try progress(adopting: found, request) }
            do throws(AWSFailure) {
                let reply = try await client.send(EFSMessages.create(request, endpoint: endpoint))
                let made = try EFSMessages.created(in: reply.body)
                return try progress(of: made, wasAdopted: false)
            } catch .answered(let answer) where answer.code == "AccessPointAlreadyExists" {
                // An earlier try made it after our listing began.
                guard let id = answer.accessPointID else { throw .retryable(reason: answer.description, after: nil) }
                let call = EFSMessages.describe(accessPoint: id, endpoint: endpoint, region: request.region)
                let page = try EFSMessages.page(in: try await client.send(call).body)
                guard let found = page.accessPoints.first(where: { $0.id == id }) else {
                    throw .retryable(reason: "EFS names \(id) and does not show it yet", after: nil)
                }
                return try progress(adopting: found, request)
            }
        } catch {
            throw error.providerError
        }
    }

    package func removeAccessPoint(_ request: AccessPointRequest) async throws(ProviderError) -> Progress<Absence> {
        do throws(AWSFailure) {
            let endpoint = try endpoint(request)
            guard let found = try await findPatiently(request, endpoint) else { return .done(absence(request)) }
            try checkIsOurs(found, request)
            if found.state != "deleting" {
                do throws(AWSFailure) {
                    let call = EFSMessages.delete(accessPoint: found.id, endpoint: endpoint, region: request.region)
                    _ = try await client.send(call)
                } catch .answered(let answer) where answer.code == "AccessPointNotFound" {
                    // Somebody was faster; the next read proves it.
                }
            }
            if let still = try await find(request, endpoint) {
                return .pending(
                    observation: "\(still.id) is \(still.state)", continuation: nil, pollAfter: Self.pollInterval)
            }
            return .done(absence(request))
        } catch {
            throw error.providerError
        }
    }

    /// Looks twice before it says that there is none.
    private func findPatiently(
        _ request: AccessPointRequest, _ endpoint: Endpoint
    ) async throws(AWSFailure) -> EFSMessages.Description? {
        if let found = try await find(request, endpoint) { return found }
        try await client.retry.waitBeforeSecondLook()
        return try await find(request, endpoint)
    }

    /// The access point with our token that is not deleted, or nil when every page has been read.
    private func find(
        _ request: AccessPointRequest, _ endpoint: Endpoint
    ) async throws(AWSFailure) -> EFSMessages.Description? {
        var nextToken: String?
        repeat {
            let call = EFSMessages.list(
                fileSystem: request.fileSystem, nextToken: nextToken, endpoint: endpoint, region: request.region)
            let page = try EFSMessages.page(in: try await client.send(call).body)
            if let found = page.accessPoints.first(where: { $0.clientToken == request.token && $0.state != "deleted" })
            {
                return found
            }
            nextToken = page.nextToken
        } while nextToken != nil
        return nil
    }

    private func progress(
        adopting found: EFSMessages.Description, _ request: AccessPointRequest
    ) throws(AWSFailure) -> Progress<AccessPoint> {
        try checkIsOurs(found, request)
        guard found.root?.path == request.path, found.user == .init(uid: request.uid, gid: request.gid) else {
            throw .refused(reason: "\(found.id) has our token but another path or user")
        }
        return try progress(of: found, wasAdopted: true)
    }

    private func progress(
        of found: EFSMessages.Description, wasAdopted: Bool
    ) throws(AWSFailure) -> Progress<AccessPoint> {
        switch found.state {
        case "available": return .done(AccessPoint(id: found.id, arn: found.arn, wasAdopted: wasAdopted))
        case "error": throw .refused(reason: "EFS could not make \(found.id): its state is error")
        default:
            return .pending(
                observation: "\(found.id) is \(found.state)", continuation: nil, pollAfter: Self.pollInterval)
        }
    }

    private func checkIsOurs(_ found: EFSMessages.Description, _ request: AccessPointRequest) throws(AWSFailure) {
        let owner = found.marks?.deployment
        guard owner == request.ownership.deployment else {
            throw .refused(
                reason: "\(found.id) has our token but "
                    + (owner.map { "is tagged for \($0)" } ?? "no tag of DeployCenter"))
        }
    }

    private func absence(_ request: AccessPointRequest) -> Absence {
        Absence("DescribeAccessPoints of \(request.fileSystem) shows none with the client token \(request.token)")
    }

    private func endpoint(_ request: AccessPointRequest) throws(AWSFailure) -> Endpoint {
        guard let endpoint = client.configuration.endpoint(of: .efs, region: request.region) else {
            throw .refused(reason: "\(request.region) is no AWS region")
        }
        return endpoint
    }
}
