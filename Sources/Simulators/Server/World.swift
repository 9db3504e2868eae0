import FoundationEssentials

/// Owns one simulator's state: one change at a time, written to its file, if it has one, before the change is answered. It remembers a minute of
/// what was, for those who are to find an older state.
actor World<State: Codable & Sendable & Equatable> {
    private var state: State
    private let path: String?
    /// Former states, oldest first, each with the time until which it was the state.
    private var past: [(until: ContinuousClock.Instant, state: State)] = []

    private static var memory: Duration { .seconds(61) }
    /// Changes closer together are remembered as one.
    private static var grain: Duration { .milliseconds(500) }

    /// Goes on from the file at `path`, or begins with `initial`; without a path the state ends with the process.
    init(path: String?, initial: State) throws(SimulatorError) {
        self.path = path
        guard let path else {
            state = initial
            return
        }
        do {
            guard FileManager.default.fileExists(atPath: path) else {
                let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                state = initial
                return
            }
            state = try JSONDecoder().decode(State.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw .unusableState(path: path, reason: "\(error)")
        }
    }

    var current: State { Distortion.lagSeconds.map(state(before:)) ?? state }

    /// Applies a change; a change that throws leaves the state as it was. Who finds an older state changes nothing.
    func change<Result: Sendable, Failure: Error>(
        _ body: @Sendable (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if let lag = Distortion.lagSeconds {
            var old = state(before: lag)
            return try body(&old)
        }
        var next = state
        let result = try body(&next)
        // Without a file, comparing costs more than it saves.
        if path == nil || next != state {
            remember()
            state = next
            save()
        }
        return result
    }

    private func remember() {
        let now = ContinuousClock.now
        if let last = past.last, now - last.until < Self.grain { return }
        past.append((now, state))
        if let first = past.first, now - first.until > Self.memory + .seconds(10) {
            past.removeAll { now - $0.until > Self.memory }
        }
    }

    private func state(before seconds: Double) -> State {
        let moment = ContinuousClock.now - .seconds(seconds)
        return past.first { $0.until > moment }?.state ?? state
    }

    /// A state that cannot be kept must not be answered as kept.
    private func save() {
        guard let path else { return }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            try encoder.encode(state).write(to: URL(filePath: path), options: .atomic)
        } catch {
            preconditionFailure("\(path) cannot be written: \(error)")
        }
    }
}

/// Why a simulator cannot run, by what the person who started it can do.
package enum SimulatorError: Error, Equatable, CustomStringConvertible {
    /// Stop the other program, or choose another port.
    case portInUse(simulator: String, port: Int)
    /// The address cannot be bound for another reason.
    case cannotListen(simulator: String, port: Int, reason: String)
    /// Remove the file to begin anew.
    case unusableState(path: String, reason: String)
    /// git is missing or its repository is damaged.
    case repository(reason: String)

    package var description: String {
        switch self {
        case .portInUse(let simulator, let port):
            "the \(simulator) simulator cannot listen on 127.0.0.1:\(port): the port is in use"
        case .cannotListen(let simulator, let port, let reason):
            "the \(simulator) simulator cannot listen on 127.0.0.1:\(port): \(reason)"
        case .unusableState(let path, let reason): "\(path) cannot be used: \(reason)"
        case .repository(let reason): "the repository cannot be used: \(reason)"
        }
    }
}
