package import EventSourcing

/// Where the simulators listen, what they keep and which credentials they honour.
///
/// - `directory`: one subdirectory per simulator; a restarted sandbox goes on from it.
/// - `ports`: 0 takes any free port, which `port` then reports.
/// - `keepsState`: false keeps what the vendors know in memory only: a write of everything with each change is too slow for thousands
///   of deployments. Keys and the repository are in `directory` all the same.
/// - `pace`: how long the simulated vendors take.
package struct SimulatorConfiguration: Sendable {
    package var directory: String
    package var keepsState = true
    package var ports: Ports
    package var pace: Pace
    package var gitHub: GitHub
    package var argoCD: ArgoCD
    package var aws: AWS
    package var identity: Identity
    /// Of the chance by which faults strike.
    package var seed: UInt64 = 0

    package init(
        directory: String, ports: Ports = Ports(), pace: Pace = .immediate, gitHub: GitHub = GitHub(),
        argoCD: ArgoCD = ArgoCD(), aws: AWS = AWS(), identity: Identity = Identity()
    ) {
        self.directory = directory
        self.ports = ports
        self.pace = pace
        self.gitHub = gitHub
        self.argoCD = argoCD
        self.aws = aws
        self.identity = identity
    }

    /// The bare repository behind the GitHub simulator, which Argo CD's reads and anyone may clone.
    package var repositoryPath: String { "\(directory)/github/\(gitHub.owner)/\(gitHub.repository).git" }

    /// Where a vendor keeps what it knows.
    func statePath(of vendor: String) -> String? { keepsState ? "\(directory)/\(vendor)/state.json" : nil }

    /// Loopback ports, one a vendor.
    package struct Ports: Sendable {
        package var aws: Int
        package var gitHub: Int
        package var argoCD: Int
        package var identity: Int

        package init(aws: Int = 0, gitHub: Int = 0, argoCD: Int = 0, identity: Int = 0) {
            self.aws = aws
            self.gitHub = gitHub
            self.argoCD = argoCD
            self.identity = identity
        }
    }

    /// The one repository, and who may use it.
    package struct GitHub: Sendable {
        package var owner = "acme"
        package var repository = "clusters"
        package var defaultBranch = "main"
        package var appID = "424242"
        package var installationID = 4711
        /// Answers as a personal access token would, beside the tokens of the App's installation. Secret.
        package var token = "ghp_sandbox"
        /// Requests an hour and token, as GitHub grants an App's installation.
        package var requestsPerHour = 5000
        /// A ruleset that keeps everybody from pushing files whose paths begin so.
        package var restrictedPaths: [String] = []
        /// Where push events go; nil sends none.
        package var webhookURL: String?
        /// Signs push events. Secret.
        package var webhookSecret = "sandbox-webhook-secret"

        package init() {}
    }

    /// The projects and clusters that Argo CD knows, and its credentials.
    package struct ArgoCD: Sendable {
        package var adminPassword = "sandbox-admin"
        /// The API token of the local account `deploycenter`. Secret.
        package var token = "argocd-sandbox"
        package var projects = ["default", "customers"]
        /// Name to API server.
        package var clusters = [
            "in-cluster": "https://kubernetes.default.svc", "eks-production": "https://eks-production.example",
            "eks-staging": "https://eks-staging.example",
        ]

        package init() {}
    }

    /// The account, its key pair and what exists before DeployCenter comes.
    package struct AWS: Sendable {
        package var accountID = "123456789012"
        package var region = "eu-central-1"
        package var accessKeyID = "AKIASANDBOX00000001"
        /// Secret.
        package var secretAccessKey = "sandbox/secret+access/key0000000000000000"
        package var fileSystems = ["fs-0123456789abcdef0", "fs-0fedcba9876543210"]
        /// Zone id to name.
        package var hostedZones = ["Z0SANDBOX00000001": "apps.example.com.", "Z0SANDBOX00000002": "example.org."]
        /// Names of buckets that somebody else owns.
        package var foreignBuckets = ["taken-by-somebody-else"]

        package init() {}
    }

    /// The realm and its people.
    package struct Identity: Sendable {
        package var realm = "deploycenter"
        package var audience = "deploycenter-api"
        /// Public clients that may ask for a user's token by password.
        package var publicClients = ["deploycenter-dashboard", "deploycenter-cli"]
        /// Confidential clients, their secrets and realm roles.
        package var serviceClients = [
            "deploycenter-ci": ServiceClient(secret: "sandbox-ci-secret", roles: ["deployer"])
        ]
        package var users = SandboxUser.all
        package var accessTokenSeconds = 3600

        package init() {}
    }
}

/// How long simulated vendors take. State advances by elapsed time when it is read; nothing ticks.
package struct Pace: Sendable, Equatable {
    /// Added to every answer.
    package var answerMilliseconds: Int
    package var recordChangeSeconds: Double
    package var accessPointSeconds: Double
    package var syncSeconds: Double
    package var healthSeconds: Double
    package var deletionSeconds: Double

    /// For tests: every state machine has arrived when it is next read.
    package static let immediate = Pace(
        answerMilliseconds: 0, recordChangeSeconds: 0, accessPointSeconds: 0, syncSeconds: 0, healthSeconds: 0,
        deletionSeconds: 0)

    /// For the sandbox: what the vendors take on a good day, an image pull and an application's start included.
    package static let believable = Pace(
        answerMilliseconds: 60, recordChangeSeconds: 12, accessPointSeconds: 3, syncSeconds: 5, healthSeconds: 25,
        deletionSeconds: 4)

    package init(
        answerMilliseconds: Int, recordChangeSeconds: Double, accessPointSeconds: Double, syncSeconds: Double,
        healthSeconds: Double, deletionSeconds: Double
    ) {
        self.answerMilliseconds = answerMilliseconds
        self.recordChangeSeconds = recordChangeSeconds
        self.accessPointSeconds = accessPointSeconds
        self.syncSeconds = syncSeconds
        self.healthSeconds = healthSeconds
        self.deletionSeconds = deletionSeconds
    }
}

/// A person whom the sandbox's identity provider knows.
package struct SandboxUser: Sendable, Equatable {
    package let username: String
    package let name: String
    package let password: String
    package let roles: [String]
    /// The subject claim: the same in every sandbox.
    package let id: String

    package init(username: String, name: String, password: String, roles: [String], id: String) {
        self.username = username
        self.name = name
        self.password = password
        self.roles = roles
        self.id = id
    }

    /// One viewer, one deployer and two admins, for who approves is never who asked.
    package static let all = [
        SandboxUser(
            username: "vera", name: "Vera Viewer", password: "vera", roles: ["viewer"],
            id: "0b5cbb0e-5b0c-4f0e-9c77-1f6f7e1d0001"),
        SandboxUser(
            username: "dana", name: "Dana Deployer", password: "dana", roles: ["deployer"],
            id: "0b5cbb0e-5b0c-4f0e-9c77-1f6f7e1d0002"),
        SandboxUser(
            username: "ada", name: "Ada Admin", password: "ada", roles: ["admin"],
            id: "0b5cbb0e-5b0c-4f0e-9c77-1f6f7e1d0003"),
        SandboxUser(
            username: "alan", name: "Alan Admin", password: "alan", roles: ["admin"],
            id: "0b5cbb0e-5b0c-4f0e-9c77-1f6f7e1d0004"),
    ]
}

/// A machine that gets tokens by client credentials.
package struct ServiceClient: Sendable, Equatable {
    package let secret: String
    package let roles: [String]

    package init(secret: String, roles: [String]) {
        self.secret = secret
        self.roles = roles
    }
}

/// Reads the time; tests pass one that they move.
package typealias SimulatorClock = @Sendable () -> Timestamp
