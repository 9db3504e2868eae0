import Domain
import EventSourcing
import JSONSchema
import Templating

/// A release that may be requested as long as the streams that it was planned from have not moved.
struct ReleasePlan: Sendable {
    let release: Release
    /// The streams of customer, cluster and template at the versions that were read.
    let checks: [StreamAppend]
    /// The customer's, which a policy may ask for.
    let tier: String?
    /// What chose the cluster.
    let rule: ClusterRule
    /// Of the template version's files.
    let templateDigest: String
}

extension Commands {
    /// Turns an order into a release; every problem of the parameters at once. A deployment that exists is `staying` on its cluster.
    func plan(_ order: DeploymentOrder, staying: Bool = false) async throws(CommandError) -> ReleasePlan {
        let customer = try await activeCustomer(order.customer)
        guard let clusterID = order.cluster ?? customer.route else {
            throw .refused(
                Refusal(
                    .unusable, "customer.not_routed", "The customer \(order.customer) is not routed to a cluster.",
                    whatToDo: "Name a cluster in the request, or route the customer to one."))
        }
        let cluster = try await openCluster(clusterID)
        let template = try await approvedTemplate(order.template, version: order.templateVersion)
        let parameters = template.definition.applyingDefaults(to: order.parameters)
        let violations = template.definition.validateParameters(parameters)
        guard violations.isEmpty else {
            throw .invalid(violations.map { Violation(path: "/parameters" + $0.path, message: $0.message) })
        }
        let release = Release(
            customer: order.customer, customerName: customer.name, name: order.name, environment: order.environment,
            size: order.size, cluster: clusterID, target: cluster.description, template: order.template,
            templateVersion: order.templateVersion, parameters: parameters,
            domain: try domain(of: order, template.definition, cluster.description),
            needs: template.definition.releaseNeeds)
        return ReleasePlan(
            release: release,
            checks: [
                StreamAppend(.customer(order.customer), expected: .exactly(customer.version), events: []),
                StreamAppend(.cluster(clusterID), expected: .exactly(cluster.version), events: []),
                StreamAppend(.template(order.template), expected: .exactly(template.version), events: []),
            ], tier: customer.tier, rule: staying ? .deployment : order.cluster == nil ? .customerRoute : .request,
            templateDigest: template.digest)
    }

    private func domain(
        of order: DeploymentOrder, _ definition: TemplateDefinition, _ cluster: Cluster.Description
    ) throws(CommandError) -> String? {
        guard definition.needs.domain else {
            guard order.domain == nil else {
                let message = "\(definition.name) has no address of its own: leave the domain out"
                throw .invalid([Violation(path: "/domain", message: message)])
            }
            return nil
        }
        let domain =
            order.domain
            ?? "\(order.name)-\(order.environment.rawValue).\(order.customer).\(cluster.zoneDomain)"
        guard domain.hasSuffix("." + cluster.zoneDomain) else {
            let message = "must end in .\(cluster.zoneDomain), the zone of the cluster"
            throw .invalid([Violation(path: "/domain", message: message)])
        }
        return domain
    }

    private func activeCustomer(
        _ id: ID<Customer>
    ) async throws(CommandError) -> (name: String, tier: String?, route: ID<Cluster>?, version: Int) {
        let (state, version) = try await storing { () throws(EventStoreError) in
            try await load(Customer.self, .customer(id))
        }
        switch state {
        case .active(let details, let route): return (details.name, details.tier, route, version)
        case .unknown: throw .refused(refusal(id, Customer.Rejection.unknown).asUnusable)
        case .suspended: throw .refused(refusal(id, Customer.Rejection.isSuspended))
        case .removed: throw .refused(refusal(id, Customer.Rejection.isRemoved).asUnusable)
        }
    }

    private func approvedTemplate(
        _ id: ID<Template>, version: String
    ) async throws(CommandError) -> (definition: TemplateDefinition, digest: String, version: Int) {
        let (state, streamVersion) = try await storing { () throws(EventStoreError) in
            try await templates.current(id, from: store)
        }
        guard let known = state.versions[version] else {
            throw .refused(refusal(id, Template.Rejection.unknownVersion(version)).asUnusable)
        }
        guard known.standing == .approved else {
            throw .refused(
                Refusal(
                    .unusable, "template.not_approved", "Version \(version) of \(id) is \(known.standing).",
                    whatToDo: "Choose an approved version, or ask an admin to approve this one."))
        }
        do throws(TemplateProblems) {
            return (try templates.parsed(known.submission).definition, known.submission.digest, streamVersion)
        } catch {
            throw .invalid(error.violations)
        }
    }
}

extension Refusal {
    /// For a command about something else that only names the thing.
    var asUnusable: Refusal { Refusal(.unusable, code, detail, whatToDo: whatToDo) }
}

extension TemplateDefinition {
    var releaseNeeds: Release.Needs {
        Release.Needs(
            accessPoint: needs.accessPoint.map { .init(uid: $0.uid, gid: $0.gid) }, bucket: needs.bucket)
    }
}

extension TemplateProblems {
    /// As they are shown to the one who sent the files: the path is the file, with the line.
    var violations: [Violation] {
        problems.map { problem in
            Violation(path: "/files/\(problem.file)\(problem.line.map { ":\($0)" } ?? "")", message: problem.message)
        }
    }
}
