import Synchronization

/// Lets a few batches of all the views of a process be folded at a time, in the order in which they were asked for.
///
/// More at once would not end sooner, for they share the server's processors, and would take all connections of the pool: each view then
/// meets another session from batch to batch, which has to plan its fold first (20 to 100 ms where the batch takes 3).
final class FoldTurns: Sendable {
    private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(count: Int = 4) { state = Mutex((count, [])) }

    /// Whoever waits is not woken by cancellation: batches end soon, and sooner when they are cancelled as well.
    func take<Value>(_ batch: () async throws -> Value) async throws -> Value {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
        defer { passOn() }
        return try await batch()
    }

    private func passOn() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
