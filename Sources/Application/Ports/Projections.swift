package import EventSourcing

/// What an administrator does with views while everyone goes on reading them.
package protocol ProjectionAdministration: Sendable {
    func list() async throws(ProjectionError) -> [ProjectionStatus]

    /// Builds the view anew from the definition on disk beside the one that is served, then swaps them in one transaction,
    /// unless `options` hold it. A rebuild that was interrupted, or runs elsewhere, is taken further.
    func rebuild(_ view: String, _ options: RebuildOptions) async throws(ProjectionError) -> ProjectionStatus

    /// Rebuilds every view whose definition on disk is another one than the served rows were made by.
    func rebuildChanged(_ options: RebuildOptions) async throws(ProjectionError) -> [ProjectionStatus]

    /// How the rebuild of a view goes, wherever it runs, twice a second; ends with an element whose phase `isOver`, at once if
    /// nothing is being built.
    func progress(of view: String) -> AsyncThrowingStream<RebuildProgress, any Error>

    /// Folds the whole log once more and compares every row with what is served.
    func verify(_ view: String) async throws(ProjectionError) -> ProjectionVerification

    /// Serves the generation that a held rebuild made, as soon as it has caught up.
    func swap(_ view: String) async throws(ProjectionError) -> ProjectionStatus

    /// Brings the previous generation back: it catches up, then takes the place of the one that is served.
    func back(_ view: String) async throws(ProjectionError) -> ProjectionStatus

    /// Drops what is not served, the way back and an unfinished rebuild included, and answers with how many generations went.
    func dropOld(_ view: String) async throws(ProjectionError) -> Int

    /// Lets a view that stands still try again, once its definition or its rows are mended.
    func retry(_ view: String) async throws(ProjectionError) -> ProjectionStatus

    /// Tries the definition on disk, tables, indexes and fold, without leaving anything behind; `failing` says what is wrong.
    /// Mistakes that show only with certain events show in a rebuild.
    func check(_ view: String) async throws(ProjectionError)
}

extension ProjectionAdministration {
    package func rebuild(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        try await rebuild(view, RebuildOptions())
    }
}

/// How a rebuild shares the database with everybody else.
package struct RebuildOptions: Codable, Equatable, Sendable {
    /// Pauses between batches keep it to this rate; nil for as fast as it goes.
    package var eventsPerSecondMax: Int64?
    /// Builds and catches up, but waits for `swap`.
    package var hold: Bool

    package init(eventsPerSecondMax: Int64? = nil, hold: Bool = false) {
        precondition(eventsPerSecondMax.map { $0 > 0 } ?? true, "A rate is positive")
        self.eventsPerSecondMax = eventsPerSecondMax
        self.hold = hold
    }
}

/// How one view is doing.
package struct ProjectionStatus: Codable, Equatable, Sendable {
    package let view: String
    package let state: State
    /// Counts the builds of all views; nil if nothing is served yet.
    package let generation: Int64?
    /// Names the definition that the served rows were made by.
    package let digest: String
    /// The definition on disk is another one, or events that the view reads have a newer shape: a rebuild may change the view.
    package let definitionChanged: Bool
    /// The rows include every event up to here.
    package let position: Position
    /// How many events the view has still to read.
    package let lag: Int64
    /// Events of the log that the view moved over, over its last moves; nil where it has not moved yet.
    package let eventsPerSecond: Double?
    /// Why the view stands still, or why its rebuild did not succeed.
    package let failure: ProjectionFailure?
    /// The generation that is being built beside the live one, if any.
    package let building: RebuildProgress?
    /// There is a previous generation to go back to.
    package let hasPrevious: Bool

    package enum State: String, Codable, Sendable {
        /// No rows are served yet.
        case building
        case live
        /// What was there before goes on being served, but nothing new is added.
        case failed
    }

    package init(
        view: String, state: State, generation: Int64?, digest: String, definitionChanged: Bool, position: Position,
        lag: Int64, eventsPerSecond: Double?, failure: ProjectionFailure?, building: RebuildProgress?, hasPrevious: Bool
    ) {
        self.view = view
        self.state = state
        self.generation = generation
        self.digest = digest
        self.definitionChanged = definitionChanged
        self.position = position
        self.lag = lag
        self.eventsPerSecond = eventsPerSecond
        self.failure = failure
        self.building = building
        self.hasPrevious = hasPrevious
    }

    /// How far the generation is that is being built beside the live one, if any.
    package var buildingPosition: Position? { building?.position }
}

/// Why a view stands still, and where to look.
package struct ProjectionFailure: Codable, Equatable, Sendable {
    /// As the database said it, without values of rows.
    package let reason: String
    /// The event that cannot be folded: everything before it is. Nil if it is not about an event.
    package let position: Position?
    /// Below `Projections/`.
    package let file: String?
    /// From 1.
    package let line: Int?
    /// The failing statement's text.
    package let statement: String?

    package init(
        reason: String, position: Position? = nil, file: String? = nil, line: Int? = nil, statement: String? = nil
    ) {
        self.reason = reason
        self.position = position
        self.file = file
        self.line = line
        self.statement = statement
    }
}

extension ProjectionFailure: CustomStringConvertible {
    package var description: String {
        let place = file.map { file in line.map { "\(file):\($0): " } ?? "\(file): " } ?? ""
        return place + reason + (position.map { " (event at position \($0))" } ?? "")
    }
}

/// How far a generation is that is being built.
package struct RebuildProgress: Codable, Equatable, Sendable {
    package let view: String
    package let generation: Int64
    package let phase: Phase
    /// Events folded so far, and all that there are to fold; estimated while streams are folded.
    package let done: Int64
    package let total: Int64
    package let eventsPerSecond: Double?
    package let secondsLeft: Double?
    /// The rows will include every event up to here when the phase ends.
    package let position: Position
    package let failure: ProjectionFailure?

    package enum Phase: String, Codable, Sendable {
        /// Whole streams are folded, bucket by bucket, or the log chunk by chunk.
        case folding
        case indexing
        /// What was appended meanwhile is folded.
        case catchingUp
        /// It has caught up and waits for `swap`.
        case held
        case failed
        /// It took the place of what was served.
        case served
        /// Nothing is being built.
        case none

        package var isOver: Bool {
            switch self {
            case .folding, .indexing, .catchingUp: false
            case .held, .failed, .served, .none: true
            }
        }
    }

    package init(
        view: String, generation: Int64, phase: Phase, done: Int64, total: Int64, eventsPerSecond: Double?,
        secondsLeft: Double?, position: Position, failure: ProjectionFailure?
    ) {
        self.view = view
        self.generation = generation
        self.phase = phase
        self.done = done
        self.total = total
        self.eventsPerSecond = eventsPerSecond
        self.secondsLeft = secondsLeft
        self.position = position
        self.failure = failure
    }
}

/// Whether a view is what its events say.
package struct ProjectionVerification: Codable, Equatable, Sendable {
    package let view: String
    package let digest: String
    /// Compared as of this position.
    package let position: Position
    package let differenceCount: Int
    /// The first of them.
    package let differences: [Difference]

    package var isEqual: Bool { differenceCount == 0 }

    /// A row that only one side has; a changed row shows up once on either side.
    package struct Difference: Codable, Equatable, Sendable {
        package let table: String
        package let side: Side
        /// A JSON object as text, keys being columns.
        package let row: String

        package enum Side: String, Codable, Sendable {
            /// Served, but not in the events.
            case kept
            /// In the events, but not served.
            case rebuilt
        }

        package init(table: String, side: Side, row: String) {
            self.table = table
            self.side = side
            self.row = row
        }
    }

    package init(view: String, digest: String, position: Position, differenceCount: Int, differences: [Difference]) {
        self.view = view
        self.digest = digest
        self.position = position
        self.differenceCount = differenceCount
        self.differences = differences
    }
}

/// What an administrator must react to.
package enum ProjectionError: Error, Equatable, Sendable {
    case unknownView(String, known: [String])
    /// Nothing was built before, so there is nothing to go back to.
    case noPreviousGeneration(String)
    /// No rebuild waits to be swapped in.
    case nothingHeld(String)
    /// The definition has an error: mend it. What was served goes on being served.
    case failing(String, ProjectionFailure)
    /// Somebody else began to build another definition of this view.
    case superseded(String)
    /// Events up to this position are in archive files: restore them before a view is built from the first event on.
    case archived(upTo: Position)
    case cancelled
    case unavailable(reason: String)
}

extension ProjectionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownView(let view, let known): "there is no view \(view); there are \(known.joined(separator: ", "))."
        case .noPreviousGeneration(let view): "\(view) has no previous generation to go back to: rebuild it instead."
        case .nothingHeld(let view): "no rebuild of \(view) waits to be swapped in: rebuild it, with hold."
        case .failing(let view, let failure): "\(view) cannot be built from its definition: \(failure)"
        case .superseded(let view): "somebody else began to build another definition of \(view): look with `list`."
        case .archived(let position):
            """
            events up to position \(position) are in archive files, and a view is built from the first event on: `deploycenter store \
            restore` brings back one file each time, the last first; `deploycenter store archives` lists them.
            """
        case .cancelled: "it was cancelled; what was served goes on being served."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}
