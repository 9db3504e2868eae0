import AWS
import ArgoCD
import Application
import FoundationEssentials
import GitHub
import Keycloak
import Logging
import Postgres
import PostgresEventStore
import PostgresProjections
import PostgresTransparencyLog
import ProcessManagers

/// What every command that uses the database needs.
struct DatabaseConfiguration {
    let postgres: PostgresConfiguration
    let home: Home
    let logLevel: Logger.Level

    init(_ environment: [String: String]) throws {
        var settings = Settings(environment)
        self.init(&settings)
        guard settings.problems.isEmpty else { throw ConfigurationProblems(problems: settings.problems) }
    }

    init(_ settings: inout Settings) {
        var postgres = PostgresConfiguration(
            settings.text(.databaseURL) ?? "", poolSize: settings.integer(.databaseConnections, in: 2...100))
        if !settings.flag(.databasePrepares) { postgres.preparedStatementsMax = 0 }
        self.postgres = postgres
        let wanted = settings.text(.home)
        home = Home(wanted)
        if !home.isComplete {
            settings.complain(.home, "must name a folder with Migrations and Projections; \(home.path) has none")
        }
        let level = settings.text(.logLevel) ?? ""
        if Logger.Level(rawValue: level) == nil {
            settings.complain(.logLevel, "is \(level): \(Setting.logLevel.purpose)")
        }
        logLevel = Logger.Level(rawValue: level) ?? .info
    }
}

/// What every command that reads or writes the log needs beside the database.
struct LogConfiguration {
    let masterKeys: MasterKeys
    /// Without signers where nothing is to be signed.
    let auditKeys: AuditKeys
    let archives: String?
    let rebuildMemory: RebuildMemory

    init(_ environment: [String: String]) throws {
        var settings = Settings(environment)
        let read = Self(&settings)
        guard settings.problems.isEmpty, let read else { throw ConfigurationProblems(problems: settings.problems) }
        self = read
    }

    init?(_ settings: inout Settings) {
        archives = settings.text(.archives)
        rebuildMemory = RebuildMemory(megabytes: settings.integer(.rebuildMegabytes, in: 16...65_536))
        let (master, previous) = (settings.text(.masterKey), settings.list(.previousMasterKeys))
        let signers = [settings.text(.logKey), settings.text(.previousLogKey)].compactMap { $0 }
        let verifiers = settings.list(.logPublicKeys)
        do {
            auditKeys = try AuditKeys(signers: signers, verifiers: verifiers)
        } catch {
            settings.complain(.logKey, "or one of the other keys of the log cannot be read: \(error)")
            return nil
        }
        guard let master else { return nil }
        do {
            masterKeys = try MasterKeys(current: master, previous: previous)
        } catch {
            settings.complain(.masterKey, "cannot be used: \(error)")
            return nil
        }
    }
}

/// The folder that holds Migrations, Projections and Templates: they come with the program but are not in it, so that an
/// administrator can read them.
struct Home {
    let path: String

    init(_ wanted: String?) {
        path = wanted ?? Self.found() ?? "."
    }

    var migrations: String { path + "/Migrations" }
    var projections: String { path + "/Projections" }
    var templates: String { path + "/Templates" }

    var isComplete: Bool { Self.isComplete(path) }

    private static func isComplete(_ path: String) -> Bool {
        ["Migrations", "Projections"].allSatisfy { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    }

    /// The nearest folder upwards from the working directory, then from the program, that has them.
    private static func found() -> String? {
        for start in [FileManager.default.currentDirectoryPath, Program.directory] {
            var parts = start.split(separator: "/")
            while !parts.isEmpty {
                let path = "/" + parts.joined(separator: "/")
                if isComplete(path) { return path }
                parts.removeLast()
            }
        }
        return nil
    }
}

/// Where this program itself lies.
enum Program {
    /// Linux keeps a link to the running program there.
    static let path =
        // Without /proc, the name by which it was started has to do.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    static let directory = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
}

/// Everything that `serve` needs, checked as a whole.
struct ServerConfiguration {
    let database: DatabaseConfiguration
    let log: LogConfiguration
    let positionsPerPartition: Int
    let moments: MomentSettings
    let witness: Witnesses
    let host: String
    let port: Int
    let keycloak: KeycloakConfiguration
    let gitHub: GitHubConfiguration
    let repositoryPoll: Duration
    let webhookSecret: String?
    let argoCD: ArgoCDConfiguration
    let deliveryPoll: Duration
    /// How long a live application's condition must hold to be one.
    let conditionStable: Duration
    let conventions: Conventions
    /// How long a plan can be asked for by its digest.
    let planSeconds: Int
    let approvals: ApprovalPolicy
    let leaseSeconds: Int
    /// How long a server that starts waits for Postgres.
    let databaseWait: Duration
    let patience: Patience
    let limits: [OutsideSystem: SystemLimits]
    let holdSeconds: Int
    let dataGraceSeconds: Int
    let owners: Owners
    let rebuildChanged: Bool
    let aws: AWSConfiguration
    /// AWS reads its own variables when credentials are needed.
    let environment: [String: String]

    init(_ environment: [String: String]) throws {
        var settings = Settings(environment)
        self.environment = environment
        do {
            aws = try AWSConfiguration(environment: environment)
        } catch {
            throw ConfigurationProblems(problems: ["\(error)"])
        }
        database = DatabaseConfiguration(&settings)
        let log = LogConfiguration(&settings)
        if let log, log.auditKeys.signers.isEmpty {
            settings.complain(.logKey, "is missing (\(Setting.logKey.purpose)): set it, or \(Setting.logKey.key)_FILE")
        }
        positionsPerPartition = settings.integer(.partitionEvents, in: 1000...1_000_000_000)
        moments = MomentSettings(
            countMax: settings.integer(.moments, in: 1...1000),
            bytesMax: Int64(settings.integer(.momentMegabytes, in: 16...1_048_576)) << 20)
        witness = Witnesses(&settings)
        host = settings.text(.host) ?? ""
        port = settings.integer(.port, in: 0...65535)
        let keycloak = Self.keycloak(&settings)
        let gitHub = Self.gitHub(&settings)
        let argoCD = Self.argoCD(&settings)
        let prefix = settings.text(.bucketPrefix) ?? ""
        if !prefix.isEmpty, prefix.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,9}[a-z0-9]/) == nil {
            settings.complain(.bucketPrefix, "is \(prefix): give 2 to 11 lower-case letters, digits and hyphens")
        }
        conventions = Conventions(
            bucketPrefix: prefix, project: argoCD?.project ?? "", secretStore: settings.text(.secretStore) ?? "",
            stableSeconds: settings.integer(.stableSeconds, in: 0...600))
        deliveryPoll = .seconds(settings.integer(.argoCDPollSeconds, in: 1...3600))
        conditionStable = .seconds(settings.integer(.conditionSeconds, in: 0...3600))
        repositoryPoll = .seconds(settings.integer(.gitHubPollSeconds, in: 1...3600))
        webhookSecret = settings.text(.gitHubWebhookSecret)
        leaseSeconds = settings.integer(.leaseSeconds, in: 1...300)
        patience = Patience(factor: Double(settings.integer(.patiencePercent, in: 1...1000)) / 100)
        let attemptSeconds = patience.scaled(seconds: StepPolicy.attemptSecondsMax)
        if leaseSeconds < attemptSeconds {
            settings.complain(
                .leaseSeconds,
                "is \(leaseSeconds), and an attempt lasts up to \(attemptSeconds) s: another server would begin the same meanwhile; give \(attemptSeconds) or more"
            )
        }
        databaseWait = .seconds(settings.integer(.databaseWaitSeconds, in: 0...86_400))
        planSeconds = settings.integer(.planSeconds, in: 60...604_800)
        approvals = Self.approvals(&settings)
        let limits = settings.text(.limits) ?? ""
        self.limits = LimitSetting.parse(limits) ?? [:]
        if LimitSetting.parse(limits) == nil {
            let systems = OutsideSystem.allCases.map(\.rawValue).joined(separator: ", ")
            settings.complain(
                .limits,
                "is \(limits): give none, or SYSTEM.LIMIT=NUMBER with commas; systems: \(systems); limits: \(LimitSetting.keys.joined(separator: ", "))"
            )
        }
        holdSeconds = settings.integer(.holdSeconds, in: 1...2_592_000)
        dataGraceSeconds = settings.integer(.dataGraceSeconds, in: 0...31_536_000)
        let owners = settings.text(.owners) ?? ""
        self.owners = OwnersSetting.parse(owners) ?? .unnamed
        if OwnersSetting.parse(owners) == nil {
            settings.complain(
                .owners,
                "is \(owners): give SYSTEM=WHOM with commas; systems: \(Owners.names.sorted().joined(separator: ", "))")
        }
        rebuildChanged = settings.flag(.rebuildChanged)
        guard settings.problems.isEmpty, let log, let keycloak, let gitHub, let argoCD else {
            throw ConfigurationProblems(problems: settings.problems)
        }
        (self.log, self.keycloak, self.gitHub, self.argoCD) = (log, keycloak, gitHub, argoCD)
    }

    private static func approvals(_ settings: inout Settings) -> ApprovalPolicy {
        let seconds = settings.integer(.approvalSeconds, in: 1...2_592_000)
        do throws(ApprovalPolicy.Malformed) {
            return try ApprovalPolicy(settings.text(.approvalFor) ?? "", validSeconds: seconds)
        } catch {
            settings.complain(.approvalFor, "is no policy: \(error.reason)")
            return .none
        }
    }

    private static func keycloak(_ settings: inout Settings) -> KeycloakConfiguration? {
        let clients = settings.text(.clients)?.split(separator: ",").map(String.init) ?? []
        let audience = settings.text(.audience) ?? ""
        guard let issuer = settings.text(.issuer) else { return nil }
        let made = KeycloakConfiguration(issuer: issuer, audience: audience, authorizedParties: Set(clients))
        if made == nil { settings.complain(.issuer, "is \(issuer): give the issuer's https address") }
        return made
    }

    static func gitHub(_ settings: inout Settings) -> GitHubConfiguration? {
        let api = settings.text(.gitHubAPI) ?? ""
        let (branch, cloneURL) = (settings.text(.gitHubBranch) ?? "", settings.text(.gitHubCloneURL))
        let pushSeconds = settings.integer(.gitHubPushSeconds, in: 0...15)
        let authentication = gitHubAuthentication(&settings)
        guard let name = settings.text(.gitHubRepository), let authentication else { return nil }
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 2 else {
            settings.complain(.gitHubRepository, "is \(name): give owner/name")
            return nil
        }
        let made = GitHubConfiguration(
            apiURL: api, owner: parts[0], repository: parts[1], branch: branch, cloneURL: cloneURL,
            authentication: authentication, pushInterval: .seconds(pushSeconds))
        if made == nil { settings.complain(.gitHubAPI, "is \(api): give an https address") }
        return made
    }

    private static func gitHubAuthentication(_ settings: inout Settings) -> GitHubAuthentication? {
        if let token = settings.text(.gitHubToken) { return .token(token) }
        let (app, installation) = (settings.text(.gitHubAppID), settings.text(.gitHubInstallation))
        let key = settings.text(.gitHubAppKey)
        guard let app, let key, let installation = installation.flatMap({ Int64($0) }) else {
            settings.complain(
                .gitHubToken,
                "is missing, and so is an App: set it, or \(Setting.gitHubAppID.key), \(Setting.gitHubInstallation.key)"
                    + " (a number) and \(Setting.gitHubAppKey.key)")
            return nil
        }
        return .app(id: app, installationID: installation, privateKeyPEM: key)
    }

    private static func argoCD(_ settings: inout Settings) -> ArgoCDConfiguration? {
        let project = settings.text(.argoCDProject) ?? ""
        let (url, token) = (settings.text(.argoCDURL), settings.text(.argoCDToken))
        guard let url, let token else { return nil }
        let made = ArgoCDConfiguration(url: url, token: token, project: project)
        if made == nil { settings.complain(.argoCDURL, "is \(url): give an https address") }
        return made
    }
}
