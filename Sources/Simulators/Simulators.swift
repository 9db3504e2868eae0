package import Logging
import ServiceLifecycle

/// AWS, GitHub, Argo CD and the identity provider of a sandbox, run together.
package struct Simulators: Service {
    package let identity: IdentitySimulator
    package let gitHub: GitHubSimulator
    package let argoCD: ArgoCDSimulator
    package let aws: AWSSimulator
    private let logger: Logger

    /// Makes what is missing in the directory (keys, the repository) and reads what is there.
    package init(
        _ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock, logger: Logger
    ) async throws {
        identity = try await IdentitySimulator(configuration, clock: clock, logger: logger)
        gitHub = try await GitHubSimulator(configuration, clock: clock, logger: logger)
        argoCD = try await ArgoCDSimulator(configuration, clock: clock, logger: logger)
        aws = try await AWSSimulator(configuration, clock: clock, logger: logger)
        self.logger = logger
    }

    /// Runs until it is cancelled or shut down; when one simulator cannot run, none does.
    package func run() async throws {
        let services: [any Service] = [identity, gitHub, argoCD, aws]
        try await ServiceGroup(configuration: .init(services: services, logger: logger)).run()
    }
}

/// A Keycloak-like realm with the sandbox's people.
package struct IdentitySimulator: Service {
    private let server: VendorServer
    private let issuer: TokenIssuer
    private let realm: SimulatorConfiguration.Identity

    package init(
        _ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock, logger: Logger
    ) async throws {
        let clock = Distortion.applied(to: clock)
        let key = try SigningKey(path: "\(configuration.directory)/identity/key.pem")
        realm = configuration.identity
        issuer = try await TokenIssuer(realm: realm, key: key, clock: clock)
        server = VendorServer(
            IdentityVendor(realm: realm, issuer: issuer), port: configuration.ports.identity,
            pace: configuration.pace, seed: configuration.seed,
            logger: logger)
    }

    package func run() async throws { try await server.run() }

    /// The port it listens on, as soon as it does.
    package var port: Int { get async throws(SimulatorError) { try await server.bound.value() } }

    /// The issuer that tokens name: `http://127.0.0.1:PORT/realms/deploycenter`.
    package var issuerURL: String {
        get async throws(SimulatorError) { "http://127.0.0.1:\(try await port)/realms/\(realm.realm)" }
    }

    /// A ready-made access token; nil for a name that the realm does not know.
    package func issueToken(
        for username: String, validFor: Duration = .seconds(3600)
    ) async throws(SimulatorError) -> String? {
        guard let user = realm.users.first(where: { $0.username == username }) else { return nil }
        let client = realm.publicClients.first ?? ""
        return await issuer.accessToken(
            for: .user(user, client: client), issuer: try await issuerURL,
            seconds: Int(validFor.components.seconds))
    }
}

/// GitHub's REST API over a real bare repository.
package struct GitHubSimulator: Service {
    /// Clone it, or look into it.
    package let repositoryPath: String
    /// The private key of the configured App, as GitHub lets its owner download it. Secret.
    package let appPrivateKeyPEM: String
    private let server: VendorServer
    private let pushes: PushNotices
    private let logger: Logger

    package init(
        _ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock, logger: Logger
    ) async throws {
        let vendor = try await GitHubVendor(configuration, clock: Distortion.applied(to: clock))
        repositoryPath = configuration.repositoryPath
        appPrivateKeyPEM = vendor.access.appKey.pem
        pushes = vendor.pushes
        self.logger = logger
        server = VendorServer(
            vendor, port: configuration.ports.gitHub, pace: configuration.pace, seed: configuration.seed,
            logger: logger)
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pushes.run(logger: logger) }
            try await server.run()
            group.cancelAll()
        }
    }

    package var port: Int { get async throws(SimulatorError) { try await server.bound.value() } }
}

/// Argo CD that renders what the repository really holds.
package struct ArgoCDSimulator: Service {
    private let server: VendorServer

    package init(
        _ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock, logger: Logger
    ) async throws {
        server = VendorServer(
            try ArgoCDVendor(configuration, clock: Distortion.applied(to: clock)), port: configuration.ports.argoCD,
            pace: configuration.pace, seed: configuration.seed,
            logger: logger)
    }

    package func run() async throws { try await server.run() }

    package var port: Int { get async throws(SimulatorError) { try await server.bound.value() } }
}

/// EFS, Route 53, S3 and STS behind one port, told apart by the signature's scope.
package struct AWSSimulator: Service {
    private let server: VendorServer

    package init(
        _ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock, logger: Logger
    ) async throws {
        server = VendorServer(
            try await AWSVendor(configuration, clock: Distortion.applied(to: clock)), port: configuration.ports.aws,
            pace: configuration.pace, seed: configuration.seed,
            logger: logger)
    }

    package func run() async throws { try await server.run() }

    package var port: Int { get async throws(SimulatorError) { try await server.bound.value() } }
}
