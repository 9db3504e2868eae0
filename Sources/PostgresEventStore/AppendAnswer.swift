package import Application
package import EventSourcing

/// What became of one append of a group.
package enum AppendAnswer: Equatable, Sendable {
    /// At positions up to this one; the versions are of its streams, in order, after it.
    case appended(Position, versions: [Int])
    /// What the command answered first, as the table `commands` keeps it.
    case repeated(outcome: String)
    case conflict(StreamName, actual: Int)
    case keyReused
    case leaseLost

    package func outcome(of append: Append) throws(EventStoreError) -> AppendOutcome {
        switch self {
        case .appended(let position, let versions):
            var named: [String: Int] = [:]
            for (part, version) in zip(append.streams, versions) { named[part.stream.description] = version }
            return AppendOutcome(position: position, versions: named, isRepetition: false)
        case .repeated(let outcome): return try Self.first(outcome)
        case .conflict(let stream, let actual): throw .versionConflict(stream, actual: actual)
        case .keyReused: throw .idempotencyKeyReused(key: append.command?.key ?? "")
        case .leaseLost: throw .leaseLost(append.completing ?? append.holding ?? EffectLease(effectID: "", token: 0))
        }
    }

    /// Reads the outcome that a command had when it ran first.
    static func first(_ text: String) throws(EventStoreError) -> AppendOutcome {
        struct Kept: Decodable {
            let position: Int64
            let versions: [String: Int]
        }
        do {
            let kept = try JSONText.decode(Kept.self, from: text)
            return AppendOutcome(position: Position(kept.position), versions: kept.versions, isRepetition: true)
        } catch {
            throw .unavailable(reason: "a command's outcome cannot be read: is the schema newer than this build?")
        }
    }
}
