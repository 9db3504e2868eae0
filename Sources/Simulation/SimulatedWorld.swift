import Application
import EventSourcing

/// The four systems outside as far as deployments can tell: what exists in them, and how each of them fails.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class SimulatedWorld: @unchecked Sendable {
    struct AccessPoint {
        let id: String
        let request: AccessPointRequest
        let readyAt: Timestamp
        /// Deleting takes a while, and until then it is listed.
        var goneAt: Timestamp?
    }

    struct Named {
        var request: RecordRequest
        var change: String
        var inSyncAt: Timestamp
    }

    struct App {
        struct Operation {
            let revision: String
            let startedAt: Timestamp
            var endsAt: Timestamp
            var fails: Bool
            let deployment: String?
            var isTerminated = false
        }

        let uid: String
        var request: ApplicationRequest
        var operation: Operation?
        /// What Argo CD saw when it compared last, and when it will again, if that is asked for.
        var seen = Comparison()
        var comparesAt: Timestamp?
        /// When somebody heard last how it is, and whether that was in sync and healthy at our commit.
        var heard: (at: Timestamp, isGood: Bool)?
        /// The folder's files that a sync brought to the cluster, since when they run, and when they will be healthy, if ever.
        var deployed: [String: String] = [:]
        var healthyAt: Timestamp?
        /// A pod may die and come back.
        var ails: Range<Timestamp>?
        var goneAt: Timestamp?

        func isHealthy(at time: Timestamp) -> Bool {
            (healthyAt.map { $0 <= time } ?? false) && !(ails?.contains(time) ?? false)
        }

        struct Comparison {
            var syncStatus = "Unknown"
            var health = "Missing"
            var at: Timestamp?
        }
    }

    struct Commit {
        let sha: String
        let folder: String
        let files: [String: String]
        let release: Int
    }

    let time: SimulatedTime
    var random: SplitMix64
    private(set) var accessPoints: [String: AccessPoint] = [:]
    private(set) var buckets: [String: BucketRequest] = [:]
    /// Buckets that an application wrote to: they are not removed.
    var filledBuckets: Set<String> = []
    private(set) var names: [String: Named] = [:]
    /// Removals of names, and when all name servers know.
    private var changes: [String: Timestamp] = [:]
    private(set) var commits: [Commit] = []
    private(set) var folders: [String: [String: String]] = [:]
    var applications: [String: App] = [:]
    /// Releases that never become healthy.
    private var broken: [String: Set<Int>] = [:]
    /// Told of each change: what, and for which deployment and release.
    var onChange: ((_ what: String, _ ownership: Ownership) -> Void)?
    private var made = 0

    init(time: SimulatedTime, seed: UInt64) {
        self.time = time
        random = SplitMix64(seed: seed)
    }

    func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
    func chance(_ percent: Int) -> Bool { number(below: 100) < percent }
    func seconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(range.lowerBound * 1000 + number(below: (range.upperBound - range.lowerBound) * 1000 + 1))
    }

    func newID(_ prefix: String) -> String {
        made += 1
        return "\(prefix)-\(made)"
    }

    func breaks(_ deployment: String, release: Int) { broken[deployment, default: []].insert(release) }

    func isBroken(_ deployment: String, release: Int) -> Bool { broken[deployment, default: []].contains(release) }

    // MARK: Files

    func ensureAccessPoint(
        _ request: AccessPointRequest
    ) throws(ProviderError) -> Progress<Application.AccessPoint> {
        let found = accessPoint(with: request.token)
        if found?.goneAt != nil {
            throw .retryable(reason: "AccessPointAlreadyExists: it is being deleted", after: nil)
        }
        let point = found ?? AccessPoint(id: newID("fsap"), request: request, readyAt: time.now + seconds(0...8))
        if found == nil {
            accessPoints[point.id] = point
            onChange?("access point \(point.id) made", request.ownership)
        }
        guard point.readyAt <= time.now else {
            return .pending(observation: "creating", continuation: nil, pollAfter: .seconds(1))
        }
        return .done(Application.AccessPoint(id: point.id, arn: "arn:\(point.id)", wasAdopted: found != nil))
    }

    func removeAccessPoint(_ request: AccessPointRequest) -> Progress<Absence> {
        guard let found = accessPoint(with: request.token) else {
            return .done(Absence("none with token \(request.token)"))
        }
        if found.goneAt == nil {
            accessPoints[found.id]?.goneAt = time.now + seconds(0...6)
            onChange?("access point \(found.id) removed", request.ownership)
        }
        return .pending(observation: "deleting", continuation: nil, pollAfter: .seconds(1))
    }

    private func accessPoint(with token: String) -> AccessPoint? {
        settleAccessPoints()
        return accessPoints.values.first { $0.request.token == token }
    }

    private func settleAccessPoints() {
        for point in accessPoints.values where point.goneAt.map({ $0 <= time.now }) ?? false {
            accessPoints[point.id] = nil
        }
    }

    // MARK: Buckets

    func ensureBucket(_ request: BucketRequest) throws(ProviderError) -> Progress<Bucket> {
        let found = buckets[request.name]
        if let found, found.ownership.deployment != request.ownership.deployment {
            throw .refused(reason: "the bucket is somebody else's")
        }
        if found == nil {
            buckets[request.name] = request
            onChange?("bucket made", request.ownership)
        }
        return .done(Bucket(name: request.name, wasAdopted: found != nil))
    }

    func removeBucket(_ request: BucketRequest) throws(ProviderError) -> Progress<Absence> {
        if filledBuckets.contains(request.name) { throw .refused(reason: "the bucket is not empty") }
        if buckets.removeValue(forKey: request.name) != nil { onChange?("bucket removed", request.ownership) }
        return .done(Absence("404"))
    }

    /// As people do so that a bucket can go.
    func emptyBuckets() { filledBuckets = [] }

    // MARK: Names

    func ensureRecord(_ request: RecordRequest, _ continuation: String?) throws(ProviderError) -> Progress<NameRecord> {
        if let found = names[request.name] {
            guard found.request.ownership.deployment == request.ownership.deployment else {
                throw .refused(reason: "the name is somebody else's")
            }
            if found.request.target == request.target {
                guard found.inSyncAt <= time.now else {
                    return .pending(observation: "PENDING", continuation: found.change, pollAfter: .seconds(2))
                }
                return .done(NameRecord(name: request.name, target: request.target, changeID: continuation))
            }
        }
        let change = newID("C")
        names[request.name] = Named(request: request, change: change, inSyncAt: time.now + seconds(1...60))
        onChange?("name made", request.ownership)
        return .pending(observation: "PENDING", continuation: change, pollAfter: .seconds(2))
    }

    func removeRecord(_ request: RecordRequest, _ continuation: String?) -> Progress<Absence> {
        if let found = names[request.name], found.request.ownership.deployment == request.ownership.deployment {
            let change = newID("C")
            names[request.name] = nil
            changes[change] = time.now + seconds(1...60)
            onChange?("name removed", request.ownership)
            return .pending(observation: "PENDING", continuation: change, pollAfter: .seconds(2))
        }
        if let continuation, let inSyncAt = changes[continuation], inSyncAt > time.now {
            return .pending(observation: "PENDING", continuation: continuation, pollAfter: .seconds(2))
        }
        return .done(Absence("no such record"))
    }

    // MARK: Git

    func commit(_ change: FolderChange, _ ownership: Ownership) -> CommitEvidence {
        if folders[change.folder] ?? [:] == change.files, let last = commits.last(where: { $0.folder == change.folder })
        {
            return CommitEvidence(commit: last.sha, isNew: false)
        }
        let commit = Commit(
            sha: newID("sha"), folder: change.folder, files: change.files, release: ownership.release)
        commits.append(commit)
        folders[change.folder] = change.files.isEmpty ? nil : change.files
        onChange?("commit \(commit.sha)", ownership)
        return CommitEvidence(commit: commit.sha, isNew: true)
    }

    /// What exists of a deployment now.
    func exists(_ deployment: String) -> (points: [AccessPoint], bucket: BucketRequest?, name: Named?, app: App?) {
        settle(deployment)
        settleAccessPoints()
        return (
            accessPoints.values.filter { $0.request.ownership.deployment == deployment },
            buckets.values.first { $0.ownership.deployment == deployment },
            names.values.first { $0.request.ownership.deployment == deployment }, applications[deployment]
        )
    }
}
