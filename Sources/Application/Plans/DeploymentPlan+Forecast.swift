import Domain
import EventSourcing

extension Planning {
    /// The forecast in its public form.
    func plan(_ forecast: Forecast, rule: ApprovalPolicy.Rule?, now: Timestamp) async -> DeploymentPlan {
        let wanted = forecast.wanted
        let own = await durations(of: wanted.after.lastRelease?.template)
        let all = await durations(of: nil)
        func expectation(_ step: String) -> DeploymentPlan.Expectation { own[step] ?? all[step] ?? .unknown }
        let undoes = wanted.isEnding
        let steps = (undoes ? wanted.after.undoPlan : wanted.after.plannedSteps).map { step in
            DeploymentPlan.Step(
                // What a removal takes was never counted.
                step: step.rawValue, undoes: undoes, expected: undoes ? .unknown : expectation(step.rawValue))
        }
        let files = forecast.files
        let warnings =
            forecast.warnings(files) + Self.warnings(strays: await strayFiles(forecast))
            + Self.warnings(steps, of: wanted)
        let place = wanted.release ?? wanted.after.lastRelease
        return DeploymentPlan(
            digest: forecast.parts.digest, plannedAt: now, expiresAt: now + .seconds(validSeconds),
            deployment: wanted.deployment.rawValue, release: wanted.number, action: wanted.action,
            template: place?.template.rawValue ?? "", templateVersion: place?.templateVersion ?? "",
            domain: place?.domain,
            cluster: .init(
                id: place?.cluster.rawValue ?? "", rule: wanted.origin?.rule ?? .deployment,
                region: place?.target.region ?? "", destination: place?.target.destination ?? ""),
            git: .init(
                repository: location.url, branch: location.branch, head: forecast.snapshot.head,
                folder: wanted.deployment.folder),
            files: files, resources: wanted.resources(conventions), steps: steps,
            expected: undoes ? .unknown : expectation("release"),
            approval: rule.map { .init(rule: $0.description, validSeconds: policy.validSeconds) }, warnings: warnings)
    }

    private static func warnings(strays: [String]) -> [String] {
        strays.isEmpty
            ? []
            : [
                "Git does not hold what the live release brought there; this would overwrite what somebody else changed: "
                    + strays.joined(separator: ", ")
            ]
    }

    private static func warnings(_ steps: [DeploymentPlan.Step], of wanted: Wanted) -> [String] {
        let unknown = steps.filter { $0.expected.basis == .none }.map(\.step)
        guard !unknown.isEmpty, !wanted.isEnding else { return [] }
        return ["There is no history of how long these take: \(unknown.joined(separator: ", "))"]
    }
}

extension Forecast {
    fileprivate var files: [DeploymentPlan.File] {
        Set(rendered.keys).union(snapshot.files.keys).sorted().map { path in
            let (old, new) = (snapshot.files[path], rendered[path])
            let change: DeploymentPlan.Change =
                old == nil ? .create : new == nil ? .remove : old == new ? .keep : .change
            return DeploymentPlan.File(
                path: path, change: change,
                diff: LineDiff.unified(from: old, to: new, path: "\(wanted.deployment.folder)/\(path)"))
        }
    }

    fileprivate func warnings(_ files: [DeploymentPlan.File]) -> [String] {
        var warnings: [String] = []
        if wanted.after == wanted.before { warnings.append("Nothing would happen: this is what there is already.") }
        if files.allSatisfy({ $0.change == .keep }) { warnings.append("No file would change.") }
        if wanted.release?.needs.accessPoint != nil, wanted.before.resources.accessPoint == nil {
            warnings.append(
                "The access point's id is known once it is made; \(RenderInputStandIn.accessPoint) stands for it here.")
        }
        return warnings
    }
}

extension Wanted {
    /// What would become of each thing outside of Git.
    fileprivate func resources(_ conventions: Conventions) -> [DeploymentPlan.Resource] {
        let there = before.resources
        let application = there.application?.value.name
        return [
            resource(
                .accessPoint, there.accessPoint?.value, wanted: release?.needs.accessPoint != nil, as: nil,
                note: "directory \(deployment.directory)"),
            resource(
                .bucket, there.bucket?.value, wanted: release?.needs.bucket == true,
                as: "\(conventions.bucketPrefix)-\(deployment)", note: nil),
            resource(
                .name, there.name?.value, wanted: release?.domain != nil, as: release?.domain,
                note: release.map { "leads to \($0.target.ingressHostname)" }),
            resource(
                .application, application, wanted: release != nil, as: deployment.rawValue,
                note: "Argo CD, project \(conventions.project)"),
        ].compactMap { $0 }
    }

    private var keeping: String {
        guard let removal = after.dataRemoval else { return "the data is kept" }
        return "the data is kept until \(removal.removesAt), and goes then unless that is withdrawn"
    }

    private func resource(
        _ step: Step, _ existing: String?, wanted: Bool, as name: String?, note: String?
    ) -> DeploymentPlan.Resource? {
        guard let existing else {
            return wanted ? .init(kind: step.rawValue, name: name, change: .create, note: note) : nil
        }
        if isEnding {
            return after.undoPlan.contains(step)
                ? .init(kind: step.rawValue, name: existing, change: .remove, note: nil)
                : .init(kind: step.rawValue, name: existing, change: .keep, note: keeping)
        }
        guard wanted else {
            return .init(
                kind: step.rawValue, name: existing, change: .keep, note: "no longer used; goes with the deployment")
        }
        return .init(
            kind: step.rawValue, name: existing, change: step == .application ? .change : .keep, note: note)
    }
}
