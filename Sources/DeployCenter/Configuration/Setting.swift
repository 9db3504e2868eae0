/// One configuration key, read from the environment: what it is for, and whether it may be shown.
///
/// A secret can also be given as a file: `<key>_FILE` names it.
struct Setting: Sendable {
    let key: String
    let purpose: String
    /// Taken where the environment says nothing; nil leaves the setting empty.
    var standard: String?
    var isRequired = false
    var isSecret = false
}

extension Setting {
    static let databaseURL = Setting(
        key: "DATABASE_URL", purpose: "Postgres, as any libpq connection string (TLS parameters too)", isRequired: true,
        isSecret: true)
    static let databaseConnections = Setting(
        key: "DEPLOYCENTER_DATABASE_CONNECTIONS", purpose: "connections to Postgres at most (2…100)", standard: "10")
    static let databaseWaitSeconds = Setting(
        key: "DEPLOYCENTER_DATABASE_WAIT_SECONDS",
        purpose: "how long a server that starts waits for Postgres (0…86400)", standard: "300")
    static let databasePrepares = Setting(
        key: "DEPLOYCENTER_DATABASE_PREPARES",
        purpose: "prepare statements; false behind a transaction pooler that keeps none, such as PgBouncer before 1.21",
        standard: "true")
    static let host = Setting(key: "DEPLOYCENTER_HOST", purpose: "address to listen on", standard: "127.0.0.1")
    static let port = Setting(key: "DEPLOYCENTER_PORT", purpose: "port to listen on", standard: "8700")
    static let home = Setting(
        key: "DEPLOYCENTER_HOME",
        purpose: "folder with Migrations and Projections; otherwise looked for upwards from here and from the program")
    static let logLevel = Setting(
        key: "DEPLOYCENTER_LOG_LEVEL", purpose: "trace, debug, info, notice, warning, error or critical",
        standard: "info")

    static let issuer = Setting(
        key: "DEPLOYCENTER_OIDC_ISSUER", purpose: "issuer of the tokens, exactly as in their `iss`", isRequired: true)
    static let audience = Setting(
        key: "DEPLOYCENTER_OIDC_AUDIENCE", purpose: "what tokens must have in `aud`", standard: "deploycenter-api")
    static let clients = Setting(
        key: "DEPLOYCENTER_OIDC_CLIENTS",
        purpose: "clients (`azp`) whose tokens are accepted, with commas; empty for all")

    static let gitHubAPI = Setting(
        key: "DEPLOYCENTER_GITHUB_API_URL", purpose: "GitHub's API", standard: "https://api.github.com")
    static let gitHubRepository = Setting(
        key: "DEPLOYCENTER_GITHUB_REPOSITORY", purpose: "owner/name of the repository that declares everything",
        isRequired: true)
    static let gitHubBranch = Setting(
        key: "DEPLOYCENTER_GITHUB_BRANCH", purpose: "branch that Argo CD reads", standard: "main")
    static let gitHubCloneURL = Setting(
        key: "DEPLOYCENTER_GITHUB_CLONE_URL",
        purpose: "where Argo CD reads the repository; otherwise https://github.com/<owner>/<name>.git")
    static let gitHubPushSeconds = Setting(
        key: "DEPLOYCENTER_GITHUB_PUSH_SECONDS",
        purpose: "least seconds between two pushes (GitHub takes six a minute)",
        standard: "10")
    static let gitHubPollSeconds = Setting(
        key: "DEPLOYCENTER_GITHUB_POLL_SECONDS",
        purpose: "how often the branch is looked through for commits of others (1…3600)", standard: "60")
    static let gitHubWebhookSecret = Setting(
        key: "DEPLOYCENTER_GITHUB_WEBHOOK_SECRET",
        purpose:
            "secret of the webhook that GitHub sends pushes by; empty for none: commits of others are then found by looking",
        isSecret: true)
    static let gitHubToken = Setting(
        key: "DEPLOYCENTER_GITHUB_TOKEN", purpose: "personal access token; or use an App", isSecret: true)
    static let gitHubAppID = Setting(key: "DEPLOYCENTER_GITHUB_APP_ID", purpose: "id of the GitHub App")
    static let gitHubInstallation = Setting(
        key: "DEPLOYCENTER_GITHUB_APP_INSTALLATION", purpose: "id of the App's installation on the repository")
    static let gitHubAppKey = Setting(
        key: "DEPLOYCENTER_GITHUB_APP_KEY", purpose: "the App's private key in PEM", isSecret: true)

    static let argoCDURL = Setting(key: "DEPLOYCENTER_ARGOCD_URL", purpose: "Argo CD's API server", isRequired: true)
    static let argoCDToken = Setting(
        key: "DEPLOYCENTER_ARGOCD_TOKEN", purpose: "token of an account or project role", isRequired: true,
        isSecret: true)
    static let argoCDProject = Setting(
        key: "DEPLOYCENTER_ARGOCD_PROJECT", purpose: "AppProject of all applications", standard: "deploycenter")
    static let argoCDPollSeconds = Setting(
        key: "DEPLOYCENTER_ARGOCD_POLL_SECONDS",
        purpose: "how often all applications are looked at for what is wrong after they went live (1…3600)",
        standard: "30")
    static let conditionSeconds = Setting(
        key: "DEPLOYCENTER_CONDITION_SECONDS",
        purpose:
            "how long a live application must be ill, or not as Git declares it, before it is said, and well before that ends (0…3600)",
        standard: "60")

    static let bucketPrefix = Setting(
        key: "DEPLOYCENTER_BUCKET_PREFIX", purpose: "begins every bucket's name (at most 11 characters)",
        isRequired: true)
    static let secretStore = Setting(
        key: "DEPLOYCENTER_SECRET_STORE", purpose: "ClusterSecretStore that manifests refer to",
        standard: "deploycenter")
    static let stableSeconds = Setting(
        key: "DEPLOYCENTER_STABLE_SECONDS", purpose: "how long an application must stay healthy to be live",
        standard: "10")
    static let leaseSeconds = Setting(
        key: "DEPLOYCENTER_LEASE_SECONDS",
        purpose: "how long the work of a server that died waits for another; attempts last up to 25 s (1…300)",
        standard: "30")
    static let patiencePercent = Setting(
        key: "DEPLOYCENTER_PATIENCE_PERCENT",
        purpose: "stretches or shrinks the waits of steps, retries and deadlines (1…1000); less than 100 for stand-ins",
        standard: "100")
    static let planSeconds = Setting(
        key: "DEPLOYCENTER_PLAN_SECONDS", purpose: "how long a plan can be asked for by its digest (60…604800)",
        standard: "3600")
    static let approvalFor = Setting(
        key: "DEPLOYCENTER_APPROVAL_FOR",
        purpose:
            "which releases somebody else has to approve: rules with commas, conditions in them with +, such as environment=production,template=odoo+environment=staging,tier=gold; empty for none"
    )
    static let approvalSeconds = Setting(
        key: "DEPLOYCENTER_APPROVAL_SECONDS", purpose: "how long an approval is waited for (1…2592000)",
        standard: "259200")
    static let limits = Setting(
        key: "DEPLOYCENTER_LIMITS",
        purpose:
            "other limits of outside systems, such as aws_route53.per-second=5,argocd.at-once=10; none for no limits",
        standard: "")
    static let holdSeconds = Setting(
        key: "DEPLOYCENTER_HOLD_SECONDS",
        purpose:
            "how long a release that failed with onFailure keep waits for a retry before it is taken back (1…2592000)",
        standard: "86400")
    static let dataGraceSeconds = Setting(
        key: "DEPLOYCENTER_DATA_GRACE_SECONDS",
        purpose:
            "how long the removal of a decommissioned deployment's data can be undone (0…31536000; 0 removes at once)",
        standard: "604800")
    static let owners = Setting(
        key: "DEPLOYCENTER_OWNERS",
        purpose:
            "whom to ask about what remains in outside systems, such as aws=cloud@example.com,github=platform@example.com,argocd=ops; empty names who owns the account, repository or project",
        standard: "")
    static let rebuildChanged = Setting(
        key: "DEPLOYCENTER_REBUILD_CHANGED_VIEWS",
        purpose: "rebuild views whose definition changed when starting (true)",
        standard: "false")

    static let masterKey = Setting(
        key: "DEPLOYCENTER_MASTER_KEY",
        purpose: "wraps the keys of personal data: 32 bytes in base64 (deploycenter keys new)",
        isRequired: true, isSecret: true)
    static let previousMasterKeys = Setting(
        key: "DEPLOYCENTER_PREVIOUS_MASTER_KEYS",
        purpose: "master keys of before, with commas, until deploycenter keys rotate has ended", isSecret: true)
    static let logKey = Setting(
        key: "DEPLOYCENTER_LOG_KEY", purpose: "signs the log's checkpoints: PRIVATE+KEY+… (deploycenter keys new)",
        isSecret: true)
    static let previousLogKey = Setting(
        key: "DEPLOYCENTER_PREVIOUS_LOG_KEY",
        purpose: "signs beside the log's key while a new one is made known: PRIVATE+KEY+…", isSecret: true)
    static let logPublicKeys = Setting(
        key: "DEPLOYCENTER_LOG_PUBLIC_KEYS",
        purpose: "public keys that signed the log before, name+hash+key, with commas")
    static let archives = Setting(
        key: "DEPLOYCENTER_ARCHIVES", purpose: "folder with archived parts of the log; empty if nothing was archived")
    static let partitionEvents = Setting(
        key: "DEPLOYCENTER_PARTITION_EVENTS", purpose: "events in a partition of the log (from 1000 on)",
        standard: "10000000")
    static let rebuildMegabytes = Setting(
        key: "DEPLOYCENTER_REBUILD_MEGABYTES", purpose: "memory that a rebuild takes from Postgres (16…65536)",
        standard: "256")
    static let moments = Setting(
        key: "DEPLOYCENTER_MOMENTS", purpose: "past moments of views that are kept at a time (1…1000)", standard: "16")
    static let momentMegabytes = Setting(
        key: "DEPLOYCENTER_MOMENT_MEGABYTES", purpose: "what past moments of views may take on disk (16…1048576)",
        standard: "2048")
    static let witnessMinutes = Setting(
        key: "DEPLOYCENTER_WITNESS_MINUTES",
        purpose: "how often a checkpoint goes to the deployments repository (1…1440; 0 never)", standard: "10")
    static let witnessBucket = Setting(
        key: "DEPLOYCENTER_WITNESS_BUCKET",
        purpose: "S3 bucket with Object Lock for checkpoints, region/name; empty for none")
    static let witnessDays = Setting(
        key: "DEPLOYCENTER_WITNESS_DAYS", purpose: "how long the bucket keeps a checkpoint from everybody (1…36500)",
        standard: "3650")

    /// AWS reads its own variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ROLE_ARN,
    /// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_ENDPOINT_URL_<service>.
    static let database: [Setting] = [
        databaseURL, databaseConnections, databasePrepares, home, logLevel, masterKey, previousMasterKeys, logKey,
        previousLogKey,
        logPublicKeys, archives, rebuildMegabytes,
    ]
    static let all: [Setting] =
        database + [
            host, port, issuer, audience, clients, gitHubAPI, gitHubRepository, gitHubBranch, gitHubCloneURL,
            gitHubPushSeconds, gitHubPollSeconds, gitHubWebhookSecret, gitHubToken, gitHubAppID, gitHubInstallation,
            gitHubAppKey, argoCDURL, argoCDToken,
            argoCDProject, argoCDPollSeconds, conditionSeconds, bucketPrefix, secretStore, stableSeconds, leaseSeconds,
            patiencePercent, databaseWaitSeconds, limits, holdSeconds,
            dataGraceSeconds, owners,
            planSeconds,
            approvalFor, approvalSeconds, rebuildChanged, partitionEvents,
            moments,
            momentMegabytes, witnessMinutes, witnessBucket, witnessDays,
        ]
}
