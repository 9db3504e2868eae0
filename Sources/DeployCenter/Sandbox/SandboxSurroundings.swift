import Application
import FoundationEssentials
import HTTPClient
import Simulators

/// The addresses and credentials of a running sandbox, as the server's environment and as people need them.
struct SandboxSurroundings: Sendable {
    static let project = "deploycenter"

    let serverEnvironment: [String: String]
    let serverURL: String
    let repositoryPath: String
    let awsURL: String
    let gitHubURL: String
    let argoCDURL: String
    let argoCDToken: String
    let issuer: String
    let databaseURL: String
    /// Tokens by user name, valid for half a day.
    let tokens: [String: String]

    /// The public API as each of the sandbox's people sees it.
    struct Clients: Sendable {
        let viewer: APIClient
        let deployer: APIClient
        let admin: APIClient
        /// Approves what `admin` submits.
        let otherAdmin: APIClient
    }

    init(
        _ simulators: Simulators, _ configuration: SimulatorConfiguration, ports: SandboxPorts, databaseURL: String,
        secrets: SandboxSecrets,
        home: Home, environment: [String: String]
    ) async throws {
        serverURL = "http://127.0.0.1:\(ports.server)"
        repositoryPath = simulators.gitHub.repositoryPath
        awsURL = "http://127.0.0.1:\(try await simulators.aws.port)"
        gitHubURL = "http://127.0.0.1:\(try await simulators.gitHub.port)"
        argoCDURL = "http://127.0.0.1:\(try await simulators.argoCD.port)"
        argoCDToken = configuration.argoCD.token
        issuer = try await simulators.identity.issuerURL
        self.databaseURL = databaseURL
        var tokens: [String: String] = [:]
        for user in configuration.identity.users {
            tokens[user.username] = try await simulators.identity.issueToken(
                for: user.username, validFor: .seconds(43_200))
        }
        self.tokens = tokens
        var variables = environment.filter { !$0.key.hasPrefix("AWS_") && !$0.key.hasPrefix("DEPLOYCENTER_") }
        variables["no_proxy"] = "127.0.0.1"
        variables.merge([
            "DATABASE_URL": databaseURL, "DEPLOYCENTER_PORT": String(ports.server), "DEPLOYCENTER_HOME": home.path,
            "DEPLOYCENTER_MASTER_KEY": secrets.masterKey, "DEPLOYCENTER_LOG_KEY": secrets.logKey,
            "DEPLOYCENTER_WITNESS_MINUTES": "1",
            "DEPLOYCENTER_OIDC_ISSUER": issuer,
            "DEPLOYCENTER_GITHUB_API_URL": gitHubURL,
            "DEPLOYCENTER_GITHUB_REPOSITORY": "\(configuration.gitHub.owner)/\(configuration.gitHub.repository)",
            "DEPLOYCENTER_GITHUB_BRANCH": configuration.gitHub.defaultBranch,
            "DEPLOYCENTER_GITHUB_APP_ID": configuration.gitHub.appID,
            "DEPLOYCENTER_GITHUB_APP_INSTALLATION": String(configuration.gitHub.installationID),
            "DEPLOYCENTER_GITHUB_APP_KEY": simulators.gitHub.appPrivateKeyPEM,
            "DEPLOYCENTER_GITHUB_PUSH_SECONDS": "1", "DEPLOYCENTER_GITHUB_POLL_SECONDS": "5",
            "DEPLOYCENTER_GITHUB_WEBHOOK_SECRET": configuration.gitHub.webhookSecret,
            "DEPLOYCENTER_ARGOCD_URL": argoCDURL, "DEPLOYCENTER_ARGOCD_TOKEN": argoCDToken,
            "DEPLOYCENTER_ARGOCD_POLL_SECONDS": "5", "DEPLOYCENTER_CONDITION_SECONDS": "10",
            "DEPLOYCENTER_ARGOCD_PROJECT": Self.project, "DEPLOYCENTER_BUCKET_PREFIX": "dc-sandbox",
            "AWS_ACCESS_KEY_ID": configuration.aws.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": configuration.aws.secretAccessKey,
            "AWS_ENDPOINT_URL_EFS": awsURL, "AWS_ENDPOINT_URL_ROUTE_53": awsURL, "AWS_ENDPOINT_URL_S3": awsURL,
            "AWS_ENDPOINT_URL_STS": awsURL,
        ]) { _, ours in ours }
        for key in [
            "DEPLOYCENTER_LOG_LEVEL", "DEPLOYCENTER_STABLE_SECONDS", "DEPLOYCENTER_LEASE_SECONDS",
            "DEPLOYCENTER_APPROVAL_FOR", "DEPLOYCENTER_APPROVAL_SECONDS", "DEPLOYCENTER_PLAN_SECONDS",
            "DEPLOYCENTER_LIMITS", "DEPLOYCENTER_DATA_GRACE_SECONDS", "DEPLOYCENTER_OWNERS",
            "DEPLOYCENTER_ARGOCD_POLL_SECONDS", "DEPLOYCENTER_CONDITION_SECONDS",
        ] where environment[key] != nil {
            variables[key] = environment[key]
        }
        serverEnvironment = variables
    }

    func clients(_ http: CurlClient) throws -> Clients {
        guard let server = Endpoint(serverURL) else {
            throw APIClient.Failure(description: "no server at \(serverURL)")
        }
        func client(_ user: String) -> APIClient { APIClient(server: server, token: tokens[user] ?? "", http: http) }
        return Clients(
            viewer: client("vera"), deployer: client("dana"), admin: client("ada"), otherAdmin: client("alan"))
    }

    /// The server's environment as a file that a shell can read, for commands that work on the database or speak to the stand-ins.
    func writeEnvironment(to path: String) throws {
        let own = serverEnvironment.filter { key, _ in
            ["DATABASE_", "DEPLOYCENTER_", "AWS_", "no_proxy"].contains { key.hasPrefix($0) }
        }
        let lines = own.sorted { $0.key < $1.key }.map { key, value in
            "export \(key)='\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'\n"
        }
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(lines.joined().utf8), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
    }

    /// What a newcomer needs to go on by hand.
    func describe(to terminal: Terminal, environmentPath: String) {
        terminal.line()
        terminal.line(
            terminal.styled("The sandbox runs. Ctrl-C stops it; a second run goes on with the same data.", .bold))
        terminal.line()
        for (name, value) in [
            ("API", "\(serverURL)/api/v1"), ("OpenAPI", "\(serverURL)/openapi.json"), ("GitHub", gitHubURL),
            ("Argo CD", argoCDURL), ("AWS", awsURL), ("Issuer", issuer), ("Postgres", databaseURL),
        ] {
            terminal.line("  \(name.padding(to: 9))\(value)")
        }
        terminal.line()
        terminal.line("  git clone \(repositoryPath)")
        terminal.line("  . \(environmentPath)   # for deploycenter's other commands")
        terminal.line()
        for (user, role) in [
            ("vera", "viewer"), ("dana", "deployer"), ("ada", "admin"), ("alan", "a second admin, to approve"),
        ] {
            terminal.line("  # \(user): \(role)")
            terminal.line("  export \(user.uppercased())=\(tokens[user] ?? "")")
        }
        terminal.line()
        terminal.line("  curl -H \"Authorization: Bearer $VERA\" \(serverURL)/api/v1/deployments")
        terminal.line()
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
