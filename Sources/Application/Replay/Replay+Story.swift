import Domain
import EventSourcing

extension Replay {
    /// The events that a replay reads, and which of them it tells.
    struct Story: Sendable {
        var selection: EventSelection
        /// Names go from hand to hand: of theirs only what happened to this customer's deployments is told.
        var customer: ID<Customer>?

        func tells(_ event: RecordedEvent) throws(ReplayError) -> Bool {
            guard let customer, event.stream.category == "domainname" else { return true }
            do throws(EventStoreError) {
                return switch try DomainNameEvent(event) {
                case .claimed(let fact): fact.deployment.belongs(to: customer)
                case .released(let fact): fact.deployment.belongs(to: customer)
                }
            } catch {
                throw .store(error)
            }
        }
    }

    func story(of subject: ReplaySubject, asOf: Moment?) async throws(ReplayError) -> Story {
        var story: Story
        let first: StreamName
        switch subject {
        case .stream(let stream):
            guard ReplayFold.categories.contains(stream.category) else {
                throw .unknownCategory(stream.category, known: ReplayFold.categories)
            }
            (first, story) = (stream, Story(selection: .stream(stream)))
        case .customer(let customer):
            let streams = try await streams(of: customer)
            (first, story) = (
                .customer(customer), Story(selection: EventSelection(.named(streams)), customer: customer)
            )
        }
        story.selection.upTo = try await bound(of: story.selection, asOf)
        let beginning = try await reading { () throws(EventStoreError) in
            var pages = store.pages(of: .stream(first)).makeAsyncIterator()
            return try await pages.next()?.first
        }
        guard let beginning, story.selection.upTo.map({ beginning.position <= $0 }) ?? true else {
            throw .nothing(subject)
        }
        return story
    }

    /// The last position that belongs to the moment; of a time that of the last event of the selection up to then.
    private func bound(of selection: EventSelection, _ moment: Moment?) async throws(ReplayError) -> Position? {
        switch moment {
        case nil: return nil
        case .position(let position):
            let head = try await reading { () throws(EventStoreError) in try await store.head() }
            guard position <= head else { throw .beyondHead(position, head: head) }
            return position
        case .time(let time):
            return try await reading { () throws(EventStoreError) in
                var last = Position.start
                for try await events in store.pages(of: selection) {
                    last = events.last { $0.recordedAt <= time }?.position ?? last
                }
                return last
            }
        }
    }

    private func streams(of customer: ID<Customer>) async throws(ReplayError) -> [StreamName] {
        try await reading { () throws(EventStoreError) in
            let deployments = try await directory.streams(category: "deployment", idPrefix: "\(customer)-")
            var domains: Set<String> = []
            if !deployments.isEmpty {
                for try await events in store.pages(of: EventSelection(.named(deployments))) {
                    for event in events where event.type == "deployment.requested" {
                        guard case .requested(let request) = try DeploymentEvent(event) else { continue }
                        if let domain = request.release.domain { domains.insert(domain) }
                    }
                }
            }
            return [.customer(customer), .subject(ID("customer:\(customer)"))] + deployments
                + domains.sorted().map { .domainName($0) }
        }
    }

    private func reading<Value>(
        isolation actor: isolated (any _Concurrency.Actor)? = #isolation,
        _ body: () async throws(EventStoreError) -> Value
    ) async throws(ReplayError) -> Value {
        do throws(EventStoreError) {
            return try await body()
        } catch {
            throw .store(error)
        }
    }
}

extension ID<Deployment> {
    /// A customer's id has no hyphen, so it ends at the first one of a deployment's id.
    fileprivate func belongs(to customer: ID<Customer>) -> Bool { rawValue.hasPrefix("\(customer)-") }
}
