import Domain
package import EventSourcing

/// Compares live deployments with what Argo CD says of their applications, and notes what turns bad and what turns good again.
///
/// One at a time is enough. Several note nothing twice: a note names the version of the stream that it was decided on.
package struct DeliveryWatch: Sendable {
    private let survey: any ApplicationSurvey
    private let delivery: any ContinuousDelivery
    private let events: any EventStore
    private let surroundings: Surroundings
    private let configuration: Configuration

    package static let process = "delivery"

    package struct Configuration: Sendable {
        /// The Argo CD project of all applications.
        package let project: String
        /// How long a condition must have been seen to be one.
        package let stable: Duration

        package init(project: String, stable: Duration) {
            self.project = project
            self.stable = stable
        }
    }

    /// What the watch remembers from look to look. Without it, it finds the same a little later.
    package struct Memory: Sendable {
        fileprivate var sightings: [String: ApplicationSightings] = [:]
        /// Applications of which nothing bad is on record, with their last sync: a later one may have been preceded by anything.
        fileprivate var settled: [String: String?] = [:]
        fileprivate let known = KnownDeployments()

        package init() {}
    }

    /// Why a look saw nothing: another one will.
    package enum Failure: Error, Equatable, Sendable {
        case delivery(ProviderError)
        case log(EventStoreError)
    }

    /// What a look came to.
    package struct Report: Sendable {
        package fileprivate(set) var applications = 0
        /// What was noted, by deployment.
        package fileprivate(set) var noted: [(deployment: String, event: String)] = []
        /// Applications that could not be looked at closely, with why.
        package fileprivate(set) var missed: [(application: String, why: Failure)] = []
        /// When something that was seen will have held for long enough.
        package fileprivate(set) var ripensAt: Timestamp?
    }

    package init(
        survey: any ApplicationSurvey, delivery: any ContinuousDelivery, events: any EventStore,
        surroundings: Surroundings, configuration: Configuration
    ) {
        self.survey = survey
        self.delivery = delivery
        self.events = events
        self.surroundings = surroundings
        self.configuration = configuration
    }

    package func look(_ memory: inout Memory) async throws(Failure) -> Report {
        let sketches: [ApplicationSketch]
        do throws(ProviderError) {
            sketches = try await survey.sketches(project: configuration.project)
        } catch {
            // What was good or bad all the time was not seen to be.
            memory.sightings = [:]
            throw .delivery(error)
        }
        let now = surroundings.now()
        let own = sketches.filter { $0.deployment != nil && !$0.isBeingDeleted }
        var seen: [String: ApplicationSightings] = [:]
        for sketch in own {
            var sightings = memory.sightings[sketch.name] ?? ApplicationSightings()
            sightings.see(sketch, at: now)
            seen[sketch.name] = sightings
        }
        memory.sightings = seen
        memory.settled = memory.settled.filter { seen[$0.key] != nil }
        var report = Report()
        report.applications = own.count
        for sketch in own {
            do throws(Failure) {
                report.noted += try await note(sketch, at: now, &memory)
            } catch {
                report.missed.append((sketch.name, error))
            }
        }
        report.ripensAt = memory.sightings.values.compactMap { $0.ripensAt(configuration.stable, after: now) }.min()
        return report
    }

    private func note(
        _ sketch: ApplicationSketch, at now: Timestamp, _ memory: inout Memory
    ) async throws(Failure) -> [(deployment: String, event: String)] {
        guard let deployment = sketch.deployment, let sightings = memory.sightings[sketch.name] else { return [] }
        let stable = configuration.stable
        let isSettled = sightings.isSettled(at: now, stable)
        if isSettled, let settled = memory.settled[sketch.name], settled == sketch.operationStartedAt { return [] }
        guard let rough = sightings.condition(at: now, stable, in: ApplicationObservation(sketch)) else { return [] }
        let stream = StreamName.deployment(ID(deployment))
        let known = try await storing { () throws(EventStoreError) in
            try await memory.known.read(stream, from: events)
        }
        guard let wanted = decided(rough, known) else {
            // A release judges its application itself; what is seen after it begins anew.
            memory.sightings[sketch.name] = nil
            return []
        }
        guard !wanted.isEmpty else {
            if isSettled { memory.settled[sketch.name] = sketch.operationStartedAt }
            return []
        }
        guard let close = try await closely(sketch.name),
            let condition = sightings.condition(at: now, stable, in: close),
            let new = decided(condition, known), !new.isEmpty
        else { return [] }
        guard try await append(new, to: stream, known) else { return [] }
        return new.map { (deployment, $0.stored.type.rawValue) }
    }

    /// Nil where the deployment is not one that a watcher may judge.
    private func decided(_ condition: LiveCondition, _ known: KnownDeployment) -> [DeploymentEvent]? {
        do throws(Deployment.Rejection) {
            return try Deployment.decide(.noteCondition(condition), in: known.state)
        } catch {
            return nil
        }
    }

    private func closely(_ name: String) async throws(Failure) -> ApplicationObservation? {
        do throws(ProviderError) {
            return try await delivery.observe(name, project: configuration.project, refresh: false)
        } catch {
            throw .delivery(error)
        }
    }

    /// False if something has happened to the deployment since it was read: what was seen may not be true of it any more.
    private func append(
        _ new: [DeploymentEvent], to stream: StreamName, _ known: KnownDeployment
    ) async throws(Failure) -> Bool {
        let actor = "process:\(Self.process)"
        let commands = Commands(store: events, surroundings: surroundings)
        // After a lost answer the same version means that nothing was appended.
        let command = CommandIdentity(
            actor: actor, key: "condition/\(stream)/\(known.version)",
            digest: new.map(\.stored.type.rawValue).joined(separator: ","))
        do throws(EventStoreError) {
            _ = try await events.append(
                Append(
                    [
                        StreamAppend(
                            stream, expected: .exactly(known.version), events: commands.newEvents(new))
                    ],
                    metadata: EventMetadata(
                        actor: actor, correlationID: surroundings.uuid(), causationID: nil, source: "process"),
                    command: command))
            return true
        } catch .versionConflict {
            return false
        } catch {
            throw .log(error)
        }
    }

    private func storing<Value>(_ work: () async throws(EventStoreError) -> Value) async throws(Failure) -> Value {
        do throws(EventStoreError) { return try await work() } catch { throw .log(error) }
    }
}
