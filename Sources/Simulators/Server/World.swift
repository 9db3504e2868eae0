import FoundationEssentials

/// Owns one simulator's state: one change at a time, written to its file, if it has one, before the change is answered.
actor World<State: Codable & Sendable & Equatable> {
    private var state: State
    private let path: String?

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

    var current: State { state }

    /// Applies a change; a change that throws leaves the state as it was.
    func change<Result: Sendable, Failure: Error>(
        _ body: @Sendable (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var next = state
        let result = try body(&next)
        guard let path else {
            state = next
            return result
        }
        if next != state {
            state = next
            save(to: path)
        }
        return result
    }

    /// A state that cannot be kept must not be answered as kept.
    private func save(to path: String) {
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
