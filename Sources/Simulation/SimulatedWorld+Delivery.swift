import Application
import EventSourcing

/// Argo CD, and the clusters that it brings the folders of the repository to.
extension SimulatedWorld {
    func upsert(_ request: ApplicationRequest) throws(ProviderError) -> ApplicationEvidence {
        settle(request.name)
        if var found = applications[request.name] {
            guard found.goneAt == nil else { throw .retryable(reason: "the application is being deleted", after: nil) }
            found.request = request
            applications[request.name] = found
            return ApplicationEvidence(name: request.name, uid: found.uid)
        }
        let uid = newID("uid")
        applications[request.name] = App(uid: uid, request: request)
        onChange?("application made", request.ownership)
        return ApplicationEvidence(name: request.name, uid: uid)
    }

    func observe(_ name: String, refresh: Bool) -> ApplicationObservation? {
        settle(name)
        guard var app = applications[name] else { return nil }
        if refresh, app.comparesAt == nil {
            // A busy controller compares later than it is asked to, and answers what it saw before.
            app.comparesAt = chance(8) ? time.now + seconds(1...40) : time.now
        }
        if let comparesAt = app.comparesAt, comparesAt <= time.now {
            compare(&app)
            app.comparesAt = nil
        }
        applications[name] = app
        return observation(of: app)
    }

    /// The answer of `time` reached who asked for it.
    func heard(_ seen: ApplicationObservation, of name: String, at time: Timestamp) {
        guard let app = applications[name], app.heard.map({ $0.at <= time }) ?? true else { return }
        let isGood =
            seen.syncStatus == "Synced" && seen.health == "Healthy" && seen.operation?.phase == "Succeeded"
            && commits.contains { $0.sha == seen.operation?.revision && $0.folder == app.request.folder }
            && (seen.operation?.finishedAt).map { finished in seen.reconciledAt.map { $0 >= finished } ?? false }
                ?? false
        applications[name]?.heard = (time, isGood)
    }

    private func compare(_ app: inout App) {
        let files = folders[app.request.folder] ?? [:]
        app.seen = App.Comparison(
            syncStatus: !app.deployed.isEmpty && app.deployed == files ? "Synced" : "OutOfSync",
            health: app.deployed.isEmpty
                ? "Missing" : app.isHealthy(at: time.now) ? "Healthy" : app.ails == nil ? "Progressing" : "Degraded",
            at: time.now)
    }

    private func observation(of app: App) -> ApplicationObservation {
        ApplicationObservation(
            syncStatus: app.seen.syncStatus, syncRevision: commits.last?.sha ?? "", health: app.seen.health,
            healthMessage: nil,
            operation: app.operation.map { operation in
                let isOver = operation.endsAt <= time.now
                return .init(
                    phase: isOver
                        ? operation.fails ? "Failed" : "Succeeded" : operation.isTerminated ? "Terminating" : "Running",
                    message: "", revision: operation.revision, startedAt: operation.startedAt,
                    finishedAt: isOver ? operation.endsAt : nil, deployment: operation.deployment)
            }, errors: [], unhealthyResources: [], reconciledAt: app.seen.at)
    }

    /// Somebody else syncs the application, to an older commit of its folder if there is one.
    func strangerSyncs(_ name: String) {
        guard let app = applications[name], app.goneAt == nil, (app.operation?.endsAt ?? time.now) <= time.now else {
            return
        }
        let own = commits.filter { $0.folder == app.request.folder && !$0.files.isEmpty }
        guard let commit = own.dropLast().last ?? own.last else { return }
        begin(commit.sha, of: name)
    }

    func startSync(_ request: SyncRequest) throws(ProviderError) -> SyncStart {
        settle(request.application)
        guard let app = applications[request.application] else {
            throw .retryable(reason: "no such application", after: nil)
        }
        if let operation = app.operation, operation.endsAt > time.now { return .operationInProgress }
        begin(request.revision, of: request.application, for: request.ownership.deployment)
        onChange?("sync to \(request.revision) started", request.ownership)
        return .started
    }

    /// Whether the folder's last commit up to `revision` is this one.
    func keeps(_ folder: String, of commit: String, at revision: String) -> Bool {
        guard let last = commits.firstIndex(where: { $0.sha == revision }) else { return false }
        return commits[...last].last { $0.folder == folder }?.sha == commit
    }

    private func begin(_ revision: String, of name: String, for deployment: String? = nil) {
        let (started, duration) = (time.now, seconds(1...15))
        applications[name]?.operation = App.Operation(
            revision: revision, startedAt: started, endsAt: started + duration, fails: chance(8), deployment: deployment
        )
        time.happens(after: duration) { [weak self] in self?.finishSync(of: name, started) }
    }

    private func finishSync(of name: String, _ started: Timestamp) {
        guard var app = applications[name], let operation = app.operation, operation.startedAt == started,
            !operation.fails, !operation.isTerminated,
            let commit = commits.first(where: { $0.sha == operation.revision })
        else { return }
        // The tree at the revision, not only the commit's own folder.
        let upTo = commits.prefix { $0.sha != commit.sha } + [commit]
        let files = upTo.last { $0.folder == app.request.folder }?.files ?? [:]
        if app.deployed != files {
            app.deployed = files
            let isBroken = isBroken(app.request.ownership.deployment, release: commit.release)
            let healthyAt = time.now + seconds(1...90)
            app.healthyAt = isBroken ? nil : healthyAt
            let ailsAt = healthyAt + seconds(1...15)
            app.ails = chance(20) ? ailsAt..<ailsAt + seconds(3...20) : nil
        }
        applications[name] = app
    }

    func terminateOperation(_ name: String) {
        guard var app = applications[name], var operation = app.operation, operation.endsAt > time.now else { return }
        operation.isTerminated = true
        operation.fails = true
        operation.endsAt = time.now + seconds(0...3)
        app.operation = operation
        applications[name] = app
    }

    func remove(_ name: String, _ ownership: Ownership) -> Progress<Absence> {
        settle(name)
        guard var app = applications[name] else { return .done(Absence("404")) }
        if app.goneAt == nil {
            app.goneAt = time.now + seconds(1...20)
            applications[name] = app
            onChange?("application removed", ownership)
        }
        return .pending(observation: "deleting", continuation: nil, pollAfter: .seconds(2))
    }

    func settle(_ name: String) {
        guard let app = applications[name] else { return }
        if let goneAt = app.goneAt, goneAt <= time.now { return applications[name] = nil }
        // An application that runs may write to its bucket.
        guard let healthyAt = app.healthyAt, healthyAt <= time.now, chance(10) else { return }
        let deployment = app.request.ownership.deployment
        for bucket in buckets.values where bucket.ownership.deployment == deployment {
            filledBuckets.insert(bucket.name)
        }
    }
}
