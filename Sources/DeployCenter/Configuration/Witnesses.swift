import AWS
import Application
import Foundation
import GitHub
import HTTPClient
import Logging

/// Where checkpoints go that the owner of the database cannot rewrite.
struct Witnesses {
    /// Between two commits to the deployments repository; nil for none.
    let interval: Duration?
    let bucket: Bucket?
    let retentionDays: Int

    /// An S3 bucket with Object Lock.
    struct Bucket {
        let name: String
        let region: String

        /// Reads `region/name`.
        init?(_ text: String) {
            let parts = text.split(separator: "/")
            guard parts.count == 2 else { return nil }
            (region, name) = (String(parts[0]), String(parts[1]))
        }
    }

    init(_ settings: inout Settings) {
        let minutes = settings.integer(.witnessMinutes, in: 0...1440)
        interval = minutes == 0 ? nil : .seconds(minutes * 60)
        let text = settings.text(.witnessBucket)
        bucket = text.flatMap { Bucket($0) }
        if let text, bucket == nil { settings.complain(.witnessBucket, "is \(text): give region/name") }
        retentionDays = settings.integer(.witnessDays, in: 1...36_500)
    }

    func made(
        _ repository: GitHubRepository, _ aws: AWSClient, _ configuration: AWSConfiguration
    ) throws -> [any CheckpointWitness] {
        var witnesses: [any CheckpointWitness] = []
        if interval != nil { witnesses.append(RepositoryWitness(repository)) }
        if let bucket {
            let place = S3WitnessConfiguration(
                bucket: bucket.name, region: bucket.region, retentionDays: retentionDays)
            witnesses.append(try S3Witness(aws, place, aws: configuration, now: WallClock.now))
        }
        return witnesses
    }

    /// Lends the witnesses that the environment names to `body`; only their own settings are needed.
    static func lent<Value>(
        _ environment: [String: String], logger: Logger, _ body: ([any CheckpointWitness]) async throws -> Value
    ) async throws -> Value {
        var settings = Settings(environment)
        let witnesses = Witnesses(&settings)
        let gitHub = ServerConfiguration.gitHub(&settings)
        let aws = try AWSConfiguration(environment: environment)
        guard settings.problems.isEmpty, let gitHub else { throw ConfigurationProblems(problems: settings.problems) }
        let http = CurlClient(configuration: .init(), logger: logger)
        let outcome = await Result {
            let client = AWSClient(
                configuration: aws,
                credentials: try CredentialChain.source(
                    environment: environment, configuration: aws, http: http, now: WallClock.now), http: http,
                now: WallClock.now)
            return try await body(
                try witnesses.made(GitHubRepository(gitHub, client: http, now: WallClock.now), client, aws))
        }
        await http.shutdown()
        return try outcome.get()
    }
}
