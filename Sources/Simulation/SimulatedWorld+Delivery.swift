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

    func observe(_ name: String) -> ApplicationObservation? {
        settle(name)
        guard let app = applications[name] else { return nil }
        let files = folders[app.request.folder] ?? [:]
        let isHealthy = app.healthyAt.map { $0 <= time.now } ?? false
        return ApplicationObservation(
            syncStatus: !app.deployed.isEmpty && app.deployed == files ? "Synced" : "OutOfSync",
            syncRevision: commits.last?.sha ?? "",
            health: app.deployed.isEmpty ? "Missing" : isHealthy ? "Healthy" : "Progressing", healthMessage: nil,
            operation: app.operation.map { operation in
                let isOver = operation.endsAt <= time.now
                return .init(
                    phase: isOver
                        ? operation.fails ? "Failed" : "Succeeded" : operation.isTerminated ? "Terminating" : "Running",
                    message: "", revision: operation.revision, startedAt: operation.startedAt,
                    finishedAt: isOver ? operation.endsAt : nil)
            }, errors: [], unhealthyResources: [], reconciledAt: time.now)
    }

    func startSync(_ request: SyncRequest) throws(ProviderError) -> Bool {
        settle(request.application)
        guard var app = applications[request.application] else {
            throw .retryable(reason: "no such application", after: nil)
        }
        if let operation = app.operation, operation.endsAt > time.now { return false }
        app.operation = App.Operation(
            revision: request.revision, startedAt: time.now, endsAt: time.now + seconds(1...15), fails: chance(8))
        applications[request.application] = app
        onChange?("sync to \(request.revision) started", request.ownership)
        let (name, started) = (request.application, time.now)
        time.happens(after: (app.operation?.endsAt ?? time.now) - time.now) { [weak self] in
            self?.finishSync(of: name, started)
        }
        return true
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
            app.healthyAt = isBroken ? nil : time.now + seconds(1...90)
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
