import Domain
import EventSourcing

extension StepExecution {
    func provisionAccessPoint(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        guard let request = accessPointRequest(context) else {
            throw .refused(reason: "the template asks for no access point")
        }
        return try await providers.files.ensureAccessPoint(request).map {
            .accessPoint(id: $0.id, fileSystem: request.fileSystem, wasAdopted: $0.wasAdopted)
        }
    }

    func provisionBucket(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        try await providers.objects.ensureBucket(bucketRequest(context)).map {
            .bucket($0.name, wasAdopted: $0.wasAdopted)
        }
    }

    func provisionName(
        _ context: StepContext, _ continuation: String?
    ) async throws(ProviderError) -> Progress<StepResult> {
        guard let request = recordRequest(context) else { throw .refused(reason: "the release has no domain") }
        return try await providers.names.ensureRecord(request, continuation: continuation).map {
            .name($0.name, target: $0.target, changeID: $0.changeID)
        }
    }

    /// The token holds the release that made the access point, because a token is never used again after a removal.
    static func accessPointToken(_ deployment: ID<Deployment>, release: Int) -> String {
        "\(deployment)-r\(release)"
    }

    func accessPointRequest(_ context: StepContext) -> AccessPointRequest? {
        let owner = context.release.needs.accessPoint ?? context.state.anyRelease { $0.needs.accessPoint }
        guard let owner else { return nil }
        return AccessPointRequest(
            token: Self.accessPointToken(context.deployment, release: context.state.maker(of: .accessPoint)),
            region: context.release.target.region, fileSystem: context.release.target.fileSystem,
            path: context.deployment.directory, uid: owner.uid, gid: owner.gid,
            ownership: context.ownership(madeBy: .accessPoint))
    }

    func bucketRequest(_ context: StepContext) -> BucketRequest {
        BucketRequest(
            name: conventions.bucketName(of: context.deployment), region: context.release.target.region,
            ownership: context.ownership(madeBy: .bucket), wasMade: context.state.resources.bucket != nil)
    }

    func recordRequest(_ context: StepContext) -> RecordRequest? {
        guard let domain = context.release.domain else { return nil }
        return RecordRequest(
            hostedZone: context.release.target.hostedZone, name: domain,
            target: context.release.target.ingressHostname, ownership: context.ownership(madeBy: .name))
    }
}

extension Deployment.State {
    /// What the latest release that says something says.
    func anyRelease<Value>(_ value: (Release) -> Value?) -> Value? {
        for number in releases.keys.sorted(by: >) {
            if let release = releases[number], let found = value(release) { return found }
        }
        return nil
    }
}
