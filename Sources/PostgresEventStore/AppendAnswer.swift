import Application
import EventSourcing

/// What `append_events` answers.
struct AppendAnswer: Decodable {
    let kind: String
    let position: Int64?
    let versions: [String: Int]?
    let category: String?
    let id: String?
    let actual: Int?

    init(_ text: String) throws(EventStoreError) {
        do {
            self = try JSONText.decode(AppendAnswer.self, from: text)
        } catch {
            throw .unavailable(reason: "append_events answered what this build cannot read: is the schema newer?")
        }
    }

    func outcome(of append: Append) throws(EventStoreError) -> AppendOutcome {
        switch kind {
        case "appended":
            return AppendOutcome(position: Position(position ?? 0), versions: versions ?? [:], isRepetition: false)
        case "repeated": return repeated()
        case "conflict":
            throw .versionConflict(StreamName(category: category ?? "", id: id ?? ""), actual: actual ?? 0)
        case "key_reused": throw .idempotencyKeyReused(key: append.command?.key ?? "")
        case "lease_lost":
            throw .leaseLost(append.completing ?? EffectLease(effectID: "", token: 0))
        default: throw .unavailable(reason: "append_events answered \(kind): is the schema newer than this build?")
        }
    }

    func repeated() -> AppendOutcome {
        AppendOutcome(position: Position(position ?? 0), versions: versions ?? [:], isRepetition: true)
    }
}
