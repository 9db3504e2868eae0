import Application
import Synchronization

/// Keeps notes in memory, as long as the test runs.
final class RememberingWitness: CheckpointWitness {
    let name = "memory"
    private let kept = Mutex<[Int64: String]>([:])
    private let absent = Mutex(false)

    /// Whether it can be asked.
    var isAbsent: Bool {
        get { absent.withLock { $0 } }
        set { absent.withLock { $0 = newValue } }
    }

    var bySize: [Int64: String] { kept.withLock { $0 } }

    func publish(_ checkpoint: AuditCheckpoint) async throws(ProviderError) -> String {
        _ = try await notes()
        return kept.withLock { kept in
            let note = kept[checkpoint.treeSize] ?? checkpoint.note
            kept[checkpoint.treeSize] = note
            return note
        }
    }

    func notes() async throws(ProviderError) -> [String] {
        if isAbsent { throw .retryable(reason: "not there", after: nil) }
        return kept.withLock { Array($0.values) }
    }
}

/// Is never there.
struct AbsentWitness: CheckpointWitness {
    let name = "absent"

    func publish(_ checkpoint: AuditCheckpoint) async throws(ProviderError) -> String {
        throw .retryable(reason: "not there", after: nil)
    }

    func notes() async throws(ProviderError) -> [String] { throw .retryable(reason: "not there", after: nil) }
}
