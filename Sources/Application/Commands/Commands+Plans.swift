package import Domain
package import EventSourcing
import JSONSchema

/// What somebody wants of a deployment, and could have planned first.
package enum DeploymentWish: Equatable, Sendable {
    case request(DeploymentOrder)
    case change(ID<Deployment>, ReleaseOrder)
    case rollBack(ID<Deployment>, to: Int)
    case decommission(ID<Deployment>, removeData: Bool, reason: String)

    package var deployment: ID<Deployment> {
        switch self {
        case .request(let order): ID("\(order.customer)-\(order.name)-\(order.environment.rawValue)")
        case .change(let id, _), .rollBack(let id, _), .decommission(let id, _, _): id
        }
    }
}

extension Commands {
    /// What would happen if this were asked for now. It is refused for the same reasons, and nothing is done but to remember it.
    package func planDeployment(
        _ wish: DeploymentWish, _ context: CommandContext
    ) async throws(CommandError) -> DeploymentPlan {
        let planning = try requirePlanning()
        let (state, version) = try await storing { () throws(EventStoreError) in
            try await load(Deployment.self, .deployment(wish.deployment))
        }
        if let expected = context.expectedVersion, expected != version {
            throw .stale(expected: expected, actual: version)
        }
        let wanted = try await wanted(wish, in: state, by: Actor(context.subject))
        if wanted.origin != nil, wanted.after != state {
            _ = try await claim(wanted.release?.domain, for: wanted.deployment)
        }
        let forecast = try await planning.forecast(wanted)
        let now = surroundings.now()
        let plan = await planning.plan(forecast, rule: rule(for: wanted), now: now)
        try await keep(plan, forecast.parts, until: plan.expiresAt)
        return plan
    }

    /// A plan as it was made, as JSON.
    package func plan(_ digest: String) async throws(CommandError) -> String {
        try await kept(digest, otherwise: .notFound).document
    }

    /// The command that a wish comes to, and what follows from it; refused as the command itself would be.
    func wanted(
        _ wish: DeploymentWish, in state: Deployment.State, by person: Actor
    ) async throws(CommandError) -> Wanted {
        let id = wish.deployment
        var origin: ReleasePlan?
        let command: Deployment.Command
        switch wish {
        case .request(let order):
            let made = try await plan(order)
            origin = made
            command = .request(made.release, by: person, onFailure: order.onFailure)
        case .change(_, let order):
            guard let base = state.base else {
                throw .refused(refusal(id, state.phase == .unknown ? .unknown : .notApproved))
            }
            let made = try await plan(DeploymentOrder(base, changedBy: order), staying: true)
            origin = made
            command = .change(
                made.release, by: person, superseding: order.supersedes, onFailure: order.onFailure)
        case .rollBack(_, let number): command = .rollBack(to: number, by: person)
        case .decommission(_, let removeData, let reason):
            command = .decommission(removing: removeData ? dataRemovalTerms : nil, reason: reason, by: person)
        }
        do throws(Deployment.Rejection) {
            let after = Deployment.fold(try Deployment.decide(command, in: state), from: state)
            return Wanted(deployment: id, command: command, before: state, after: after, origin: origin)
        } catch {
            throw .refused(refusal(id, error))
        }
    }

    /// The wish for a release, as it may be recorded: refused if it is not what the named plan said, and as a wish for approval where
    /// the policy asks for one.
    func agreed(
        _ wish: DeploymentWish, to digest: String?, in state: Deployment.State, _ context: CommandContext
    ) async throws(CommandError) -> Wanted {
        let person = Actor(context.subject)
        guard let digest else { return try await approvable(try await wanted(wish, in: state, by: person), nil) }
        let kept = try await kept(digest)
        let wanted: Wanted
        do throws(CommandError) {
            wanted = try await self.wanted(wish, in: state, by: person)
        } catch .refused(let refusal) {
            throw .refused(.moved([refusal.detail]))
        }
        let forecast = try await requirePlanning().forecast(wanted)
        try require(kept, forecast.parts)
        return try await approvable(wanted, forecast)
    }

    /// The same wish, to be approved first if the policy says so.
    private func approvable(_ wanted: Wanted, _ known: Forecast?) async throws(CommandError) -> Wanted {
        guard let planning, let rule = rule(for: wanted), wanted.after != wanted.before else { return wanted }
        let now = surroundings.now()
        let forecast: Forecast
        if let known { forecast = known } else { forecast = try await planning.forecast(wanted) }
        let plan = await planning.plan(forecast, rule: rule, now: now)
        let terms = ApprovalTerms(
            digest: plan.digest, rule: rule.description, expiresAt: now + .seconds(planning.policy.validSeconds),
            validSeconds: planning.policy.validSeconds)
        try await keep(plan, forecast.parts, until: terms.expiresAt)
        return Wanted(
            deployment: wanted.deployment, command: .seekApproval(wanted.command, terms), before: wanted.before,
            after: wanted.after, origin: wanted.origin)
    }

    /// Only a new release needs approval: a rollback and a retry repeat what was approved, and an end has its own rules.
    private func rule(for wanted: Wanted) -> ApprovalPolicy.Rule? {
        wanted.origin.flatMap { planning?.policy.rule(for: $0.release, tier: $0.tier) }
    }

    func require(_ kept: KeptPlan, _ now: PlanParts) throws(CommandError) {
        let moved = kept.parts.differences(to: now)
        guard moved.isEmpty else { throw .refused(.moved(moved)) }
    }

    func kept(_ digest: String, otherwise kind: Refusal.Kind = .conflict) async throws(CommandError) -> KeptPlan {
        let planning = try requirePlanning()
        let now = surroundings.now()
        let kept = try await storing { () throws(EventStoreError) in try await planning.plans.plan(digest, now: now) }
        guard let kept else {
            throw .refused(
                Refusal(
                    kind, "plan.unknown", "There is no plan \(digest), or its time is over.",
                    whatToDo: "Plan again, look at the plan, and name its digest."))
        }
        return kept
    }

    func requirePlanning() throws(CommandError) -> Planning {
        guard let planning else {
            throw .refused(
                Refusal(
                    .unavailable, "plan.unavailable", "This server does not plan.",
                    whatToDo: "Send the request without a plan, or ask another server."))
        }
        return planning
    }

    private func keep(_ plan: DeploymentPlan, _ parts: PlanParts, until end: Timestamp) async throws(CommandError) {
        let planning = try requirePlanning()
        let document: String
        do {
            document = try JSONText.encode(plan)
        } catch {
            throw .unavailable(reason: "a plan cannot be written down: \(error)")
        }
        let kept = KeptPlan(
            digest: plan.digest, deployment: plan.deployment, parts: parts, document: document, expiresAt: end)
        let now = surroundings.now()
        try await storing { () throws(EventStoreError) in try await planning.plans.keep(kept, now: now) }
    }
}

extension Refusal {
    /// What was planned cannot be had any more as it was planned.
    static func moved(_ lines: [String]) -> Refusal {
        var refusal = Refusal(
            .conflict, "plan.moved", "Since the plan was made something has moved: \(lines.joined(separator: "; "))",
            whatToDo: "Plan again, and look at what would happen now.")
        refusal.moved = lines
        return refusal
    }
}
