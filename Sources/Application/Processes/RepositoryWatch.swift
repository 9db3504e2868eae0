import Domain
import EventSourcing
import Logging

/// Looks through what came to the repository's branch, and notes with each deployment what somebody else changed in its files.
///
/// Any number may look at once: a commit is noted once for each deployment. What could not be noted is looked at again.
package struct RepositoryWatch: Sendable {
    private let history: any RepositoryHistory
    private let record: any RepositoryRecord
    private let events: any EventStore
    private let surroundings: Surroundings

    package static let process = "repository"
    /// How often a note is decided again because somebody else appended first.
    private static let conflictsMax = 50

    package init(
        history: any RepositoryHistory, record: any RepositoryRecord, events: any EventStore, surroundings: Surroundings
    ) {
        self.history = history
        self.record = record
        self.events = events
        self.surroundings = surroundings
    }

    /// Why a look did not get to its end: another one will.
    package enum Failure: Error, Equatable, Sendable {
        case repository(ProviderError)
        case log(EventStoreError)
    }

    /// Looks at what came since the last look, and answers how many notes it made. The first look of all begins with what comes
    /// after it: what was there before is nobody's surprise.
    @discardableResult
    package func look() async throws(Failure) -> Int {
        let branch = "\(history.location.url)#\(history.location.branch)"
        let head = try await asking { () throws(ProviderError) in try await history.head() }
        let cursor = try await storing { () throws(EventStoreError) in try await record.cursor(of: branch) }
        guard cursor != head else { return 0 }
        var notes = 0
        if let cursor {
            let stretch = try await asking { () throws(ProviderError) in
                try await history.stretch(from: cursor, to: head)
            }
            let own = try await storing { () throws(EventStoreError) in try await record.own(among: stretch.commits) }
            for commit in stretch.commits where !own.contains(commit) {
                let details = try await asking { () throws(ProviderError) in try await history.details(of: commit) }
                notes += try await note(commit, details)
            }
            if !stretch.lostFiles.isEmpty {
                notes += try await note(
                    head, CommitDetails(authorID: nil, login: nil, committedAt: nil, files: stretch.lostFiles))
            }
        }
        try await storing { () throws(EventStoreError) in
            try await record.moveCursor(of: branch, from: cursor, to: head)
        }
        return notes
    }

    private func note(_ commit: String, _ details: CommitDetails) async throws(Failure) -> Int {
        let found = ForeignCommit(
            commit: commit, repository: history.location.url, author: details.author, committedAt: details.committedAt)
        var notes = 0
        for (deployment, files) in Self.byDeployment(details.files) {
            let command = Deployment.Command.noteUnexplainedChange(found, files: files)
            if try await storing({ () throws(EventStoreError) in try await run(command, on: deployment) }) {
                notes += 1
            }
        }
        return notes
    }

    /// Files relative to the deployment's folder, by deployment, both in order.
    static func byDeployment(_ files: [String]) -> [(deployment: ID<Deployment>, files: [String])] {
        var found: [ID<Deployment>: [String]] = [:]
        for path in files.sorted() {
            let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
            guard parts.count == 3 else { continue }
            let deployment = ID<Deployment>(parts[1])
            if "\(parts[0])/\(parts[1])" == deployment.folder { found[deployment, default: []].append(parts[2]) }
        }
        return found.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
    }

    /// False where there is nothing to note.
    private func run(_ command: Deployment.Command, on id: ID<Deployment>) async throws(EventStoreError) -> Bool {
        let commands = Commands(store: events, surroundings: surroundings)
        let stream = StreamName.deployment(id)
        for _ in 1...Self.conflictsMax {
            let (state, version) = try await commands.load(Deployment.self, stream)
            // A folder of a deployment that there is not is rejected: nobody's stream could say so.
            let new = (try? Deployment.decide(command, in: state)) ?? []
            guard !new.isEmpty else { return false }
            let metadata = EventMetadata(
                actor: "process:\(Self.process)", correlationID: surroundings.uuid(), causationID: nil,
                source: "process")
            do throws(EventStoreError) {
                _ = try await events.append(
                    Append(
                        [StreamAppend(stream, expected: .exactly(version), events: commands.newEvents(new))],
                        metadata: metadata))
                return true
            } catch .versionConflict {
                continue
            }
        }
        throw .unavailable(reason: "too many appends to \(stream) at once")
    }

    private func asking<Value>(_ work: () async throws(ProviderError) -> Value) async throws(Failure) -> Value {
        do throws(ProviderError) { return try await work() } catch { throw .repository(error) }
    }

    private func storing<Value>(_ work: () async throws(EventStoreError) -> Value) async throws(Failure) -> Value {
        do throws(EventStoreError) { return try await work() } catch { throw .log(error) }
    }
}
