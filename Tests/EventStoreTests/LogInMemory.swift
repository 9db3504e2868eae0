import Application
import EventSourcing
import PostgresEventStore
import TestSupport

/// What an append came to, as both sides of a comparison can say it.
enum Answer: Equatable {
    case appended(Int64, [Int])
    case repeated(Int64)
    case conflict(String, Int)
    case keyReused

    init(_ answer: AppendAnswer) throws {
        switch answer {
        case .appended(let position, let versions): self = .appended(position.rawValue, versions)
        case .repeated:
            let outcome = try answer.outcome(of: Append([], metadata: Facts.metadata))
            self = .repeated(outcome.position.rawValue)
        case .conflict(let stream, let actual): self = .conflict(stream.id, actual)
        case .keyReused: self = .keyReused
        case .leaseLost: throw EventStoreError.unavailable(reason: "nobody asked for a lease")
        }
    }

    /// What a store says to an append.
    static func of(_ store: PostgresEventStore, _ append: Append) async throws(EventStoreError) -> Answer {
        do throws(EventStoreError) {
            let outcome = try await store.append(append)
            guard !outcome.isRepetition else { return .repeated(outcome.position.rawValue) }
            return .appended(
                outcome.position.rawValue, append.streams.map { outcome.versions["\($0.stream)", default: -1] })
        } catch {
            switch error {
            case .versionConflict(let stream, let actual): return .conflict(stream.id, actual)
            case .idempotencyKeyReused: return .keyReused
            default: throw error
            }
        }
    }
}

/// The rules of appending, in a few lines: what the log must do.
struct LogInMemory {
    private(set) var count = 0
    private var versions: [String: Int] = [:]
    private var commands: [String: (digest: String, position: Int64)] = [:]

    func randomAppend(_ random: inout SeededRandom) -> Append {
        var ids = ["a", "b", "c"]
        ids.shuffle(using: &random)
        let parts = ids.prefix(Int.random(in: 1...2, using: &random)).map { id in
            let current = versions[id, default: 0]
            let expectations: [ExpectedVersion] = [
                .any, .exists, .noStream, .exactly(current), .exactly(current + 1), .exactly(current + 2),
            ]
            return StreamAppend(
                Facts.customer(id), expected: expectations[Int.random(in: 0..<6, using: &random)],
                events: (0..<Int.random(in: 0...2, using: &random)).map { Facts.event("\($0)") })
        }
        let hasCommand = Int.random(in: 0..<3, using: &random) == 0
        return Append(
            parts, metadata: Facts.metadata,
            command: hasCommand
                ? CommandIdentity(
                    actor: "ana", key: "k\(Int.random(in: 0..<30, using: &random))",
                    digest: "d\(Int.random(in: 0..<4, using: &random) / 3)") : nil)
    }

    mutating func append(_ append: Append) -> Answer {
        if let command = append.command, let known = commands[command.key] {
            return known.digest == command.digest ? .repeated(known.position) : .keyReused
        }
        for part in append.streams {
            let actual = versions[part.stream.id, default: 0]
            let fits =
                switch part.expected {
                case .any: true
                case .exists: actual > 0
                case .noStream: actual == 0
                case .exactly(let version): actual == version
                }
            if !fits { return .conflict(part.stream.id, actual) }
        }
        for part in append.streams {
            versions[part.stream.id, default: 0] += part.events.count
            count += part.events.count
        }
        if let command = append.command { commands[command.key] = (command.digest, Int64(count)) }
        return .appended(Int64(count), append.streams.map { versions[$0.stream.id, default: 0] })
    }
}
