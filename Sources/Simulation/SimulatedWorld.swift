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
            var isTerminated = false
        }

        let uid: String
        var request: ApplicationRequest
        var operation: Operation?
        /// The folder's files that a sync brought to the cluster, since when they run, and when they will be healthy, if ever.
        var deployed: [String: String] = [:]
        var healthyAt: Timestamp?
        var goneAt: Timestamp?
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

    func ensureAccessPoint(_ request: AccessPointRequest) -> Progress<Application.AccessPoint> {
        let found = accessPoints.values.first { $0.request.token == request.token }
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
        if let found = accessPoints.values.first(where: { $0.request.token == request.token }) {
            accessPoints[found.id] = nil
            onChange?("access point \(found.id) removed", request.ownership)
        }
        return .done(Absence("none with token \(request.token)"))
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

    func removeRecord(_ request: RecordRequest) -> Progress<Absence> {
        if let found = names[request.name], found.request.ownership.deployment == request.ownership.deployment {
            names[request.name] = nil
            onChange?("name removed", request.ownership)
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
        return (
            accessPoints.values.filter { $0.request.ownership.deployment == deployment },
            buckets.values.first { $0.ownership.deployment == deployment },
            names.values.first { $0.request.ownership.deployment == deployment }, applications[deployment]
        )
    }
}
