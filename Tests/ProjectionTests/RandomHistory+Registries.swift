import Domain
import EventSourcing
import TestSupport

/// Plausible histories of customers, templates and names, beside those of deployments.
struct RandomRegistries {
    private var customers: [ID<Customer>: Customer.State] = [:]
    private var templates: [ID<Template>: Template.State] = [:]
    private var names: [String: DomainName.State] = [:]
    private var subjects: [ID<DataSubject>: DataSubject.State] = [:]
    private var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    /// What the next decision says; empty where it is refused, for history is what was allowed.
    mutating func next() throws -> [LoggedEvent] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: try customerEvents()
        case 4..<8: try templateEvents()
        case 8: try nameEvents()
        default: try subjectEvents()
        }
    }

    private mutating func customerEvents() throws -> [LoggedEvent] {
        let id: ID<Customer> = Bool.random(using: &random) ? "acme" : "globex"
        let details = Customer.Details(name: "Name \(Int.random(in: 1...3, using: &random))")
        let command: Customer.Command =
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<5: .create(details)
            case 5..<9: .changeDetails(details)
            case 9..<13: .route(to: Bool.random(using: &random) ? "eu-1" : "eu-2")
            case 13..<16: .suspend(reason: "unpaid")
            case 16..<19: .reinstate
            default: .remove(reason: "left")
            }
        return try decided(Customer.self, command, &customers[id, default: Customer.initialState], .customer(id))
    }

    private mutating func templateEvents() throws -> [LoggedEvent] {
        let id: ID<Template> = Bool.random(using: &random) ? "odoo" : "moodle"
        let version = "1.\(Int.random(in: 0...30, using: &random)).0"
        let command: Template.Command =
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                .submit(
                    .init(
                        version: version, title: "T", description: "D",
                        files: ["template.yaml": "a: \(version)\n", "\(version).yaml": "b\n"], digest: version,
                        submittedBy: "ana"))
            case 2, 3: .approve(version: version, by: "bo")
            case 4: .reject(version: version, by: "bo", reason: "a slip")
            default: .deprecate(version: version, reason: "old")
            }
        return try decided(Template.self, command, &templates[id, default: Template.initialState], .template(id))
    }

    private mutating func nameEvents() throws -> [LoggedEvent] {
        let name = Bool.random(using: &random) ? "shop.apps.example" : "wiki.apps.example"
        let holder: ID<Deployment> = Bool.random(using: &random) ? "acme-shop-production" : "globex-wiki-staging"
        let command: DomainName.Command = Bool.random(using: &random) ? .claim(by: holder) : .release(by: holder)
        return try decided(
            DomainName.self, command, &names[name, default: DomainName.initialState], .domainName(name))
    }

    private mutating func subjectEvents() throws -> [LoggedEvent] {
        let id: ID<DataSubject> = Bool.random(using: &random) ? "customer:acme" : "actor:ana"
        let command = DataSubject.Command.forget(
            id, keys: ["key-\(Int.random(in: 1...9, using: &random))"], reason: "asked")
        return try decided(
            DataSubject.self, command, &subjects[id, default: DataSubject.initialState], .subject(id))
    }

    private func decided<Rules: Decider>(
        _: Rules.Type, _ command: Rules.Command, _ state: inout Rules.State, _ stream: StreamName
    ) throws -> [LoggedEvent] {
        let events: [Rules.Event]
        do throws(Rules.Rejection) {
            events = try Rules.decide(command, in: state)
        } catch {
            return []
        }
        for event in events { Rules.evolve(&state, with: event) }
        return try events.map { try LoggedEvent(stream, $0) }
    }
}
