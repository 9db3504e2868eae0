import Domain
import EventSourcing
import Synchronization
import Templating

/// Templates as they were when last read here, and their versions ready to render: both change seldom and are needed all the time.
///
/// What is known of a stream can be behind, never wrong, and a version never changes.
package final class KnownTemplates: Sendable {
    private let states = Mutex<[ID<Template>: (state: Template.State, version: Int)]>([:])
    /// By the digest of their files.
    private let parsed = Mutex<[String: ParsedTemplate]>([:])

    /// Some hundred kilobytes each. More begin anew: what is needed soon is read soon.
    private static let parsedMax = 64

    package init() {}

    /// The template as it is now.
    func current(
        _ id: ID<Template>, from store: any EventStore
    ) async throws(EventStoreError) -> (state: Template.State, version: Int) {
        var (state, version) = states.withLock { $0[id] } ?? (Template.initialState, 0)
        let news = try await store.events(of: .template(id), from: version + 1)
        guard !news.isEmpty else { return (state, version) }
        for recorded in news {
            Template.evolve(&state, with: try TemplateEvent(recorded))
            version = recorded.streamVersion
        }
        states.withLock { [state, version] states in
            if states[id].map({ $0.version < version }) ?? true { states[id] = (state, version) }
        }
        return (state, version)
    }

    /// What was submitted as the version; nil if nothing was.
    func submission(
        of id: ID<Template>, version: String, from store: any EventStore
    ) async throws(EventStoreError) -> TemplateSubmitted? {
        if let known = states.withLock({ $0[id]?.state.versions[version] }) { return known.submission }
        return try await current(id, from: store).state.versions[version]?.submission
    }

    func parsed(_ submission: TemplateSubmitted) throws(TemplateProblems) -> ParsedTemplate {
        if let known = parsed.withLock({ $0[submission.digest] }) { return known }
        let template = try ParsedTemplate(TemplateSource(files: submission.files))
        parsed.withLock { parsed in
            if parsed.count >= Self.parsedMax { parsed = [:] }
            parsed[submission.digest] = template
        }
        return template
    }
}
