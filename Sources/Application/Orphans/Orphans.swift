package import Domain
package import EventSourcing

/// Compares what the events say with what is there outside, and adopts or removes what nobody wants.
package struct Orphans: Sendable {
    let commands: Commands
    let providers: Providers
    let conventions: Conventions
    let inventories: [any Inventory]

    /// At most one inventory of each kind. `commands` reads the log; archived events included, if its store does.
    package init(
        commands: Commands, providers: Providers, conventions: Conventions, inventories: [any Inventory]
    ) {
        self.commands = commands
        self.providers = providers
        self.conventions = conventions
        self.inventories = inventories
    }

    /// Asks every system. One that does not answer is named in the report, and nothing is said about what it has.
    package func report() async throws(EventStoreError) -> OrphanReport {
        let record = try await record()
        var found: [FoundResource] = []
        var read: Set<ResourceKind> = []
        var unread: [OrphanReport.Unread] = []
        for (kind, contents) in await contents(of: record.places) {
            switch contents {
            case .success(let resources):
                found += resources
                read.insert(kind)
            case .failure(let error): unread.append(.init(kind: kind, reason: error.reason))
            }
        }
        let comparison = OrphanComparison(found: found, read: read, deployments: record.deployments)
        var proven: [OrphanItem] = []
        for orphan in comparison.orphans {
            guard let resource = found.first(where: { $0.id == orphan.id }) else { continue }
            do throws(ProviderError) {
                if try await proof(of: resource) != nil { proven.append(orphan) }
            } catch {
                unread.append(.init(kind: orphan.kind, reason: "\(orphan.id): \(error.reason)"))
            }
        }
        return OrphanReport(
            orphans: proven, missing: comparison.missing,
            unread: unread.sorted { $0.kind.rawValue < $1.kind.rawValue }, position: record.position)
    }

    /// What the events say: every deployment as it is, and where deployments can have things.
    struct Record: Sendable {
        var deployments: [ID<Deployment>: Deployment.State] = [:]
        var places: Set<Place> = []
        var position = Position.start
    }

    func record() async throws(EventStoreError) -> Record {
        var record = Record()
        let pages = commands.store.pages(of: EventSelection(.categories(["cluster", "deployment"])))
        var iterator = pages.makeAsyncIterator()
        while let page = try await iterator.next() {
            for recorded in page {
                record.position = recorded.position
                if recorded.stream.category == "deployment" {
                    let event = try DeploymentEvent(recorded)
                    Deployment.evolve(&record.deployments[ID(recorded.stream.id), default: .init()], with: event)
                    if case .requested(let fact) = event { record.places.insert(Place(fact.release.target)) }
                } else if case .registered(let cluster) = try ClusterEvent(recorded) {
                    record.places.insert(Place(cluster))
                }
            }
        }
        return record
    }

    private func contents(
        of places: Set<Place>
    ) async -> [(ResourceKind, Result<[FoundResource], ProviderError>)] {
        await withTaskGroup(of: (ResourceKind, Result<[FoundResource], ProviderError>).self) { group in
            for inventory in inventories {
                group.addTask {
                    do throws(ProviderError) {
                        return (inventory.kind, .success(try await inventory.contents(of: places)))
                    } catch {
                        return (inventory.kind, .failure(error))
                    }
                }
            }
            var all: [(ResourceKind, Result<[FoundResource], ProviderError>)] = []
            for await one in group { all.append(one) }
            return all
        }
    }

    func proof(of resource: FoundResource) async throws(ProviderError) -> OwnershipMarks? {
        guard let inventory = inventories.first(where: { $0.kind == resource.kind }) else { return nil }
        return try await inventory.proof(of: resource)
    }

    /// What the events and its system say about one thing now.
    func look(
        at id: ID<FoundResource>
    ) async throws(CommandError) -> (resource: FoundResource?, record: Record) {
        let record = try await commands.storing { () async throws(EventStoreError) -> Record in try await self.record()
        }
        guard let inventory = inventories.first(where: { id.rawValue.hasPrefix("\($0.kind.rawValue):") }) else {
            throw .refused(
                Refusal(
                    .notFound, "orphan.unknown", "There is no \(id).",
                    whatToDo: "Take an id from the list of orphans, such as `bucket:<name>`."))
        }
        do throws(ProviderError) {
            let resource = try await inventory.contents(of: record.places).first { $0.id == id }
            guard let resource, try await inventory.proof(of: resource) != nil else { return (nil, record) }
            return (resource, record)
        } catch {
            throw Self.unanswered(id, error)
        }
    }

    static func unanswered(_ id: ID<FoundResource>, _ error: ProviderError) -> CommandError {
        .refused(
            Refusal(
                .unavailable, "orphan.system_silent", "What became of \(id) cannot be asked now: \(error.reason).",
                whatToDo: "Try again in a while."))
    }
}

/// What is there and wanted by nobody, and what should be there and is not.
package struct OrphanReport: Encodable, Equatable, Sendable {
    package let orphans: [OrphanItem]
    package let missing: [MissingItem]
    /// What could not be asked: about this the report says nothing.
    package let unread: [Unread]
    /// The events up to here were compared.
    package let position: Position

    package struct Unread: Encodable, Equatable, Sendable {
        package let kind: ResourceKind
        package let reason: String
    }
}
