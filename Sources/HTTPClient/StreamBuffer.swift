import HTTPTypes
import Synchronization

/// Hands the chunks of one answer from the curl thread to one reader; when it is full the transfer pauses.
final class StreamBuffer: Sendable {
    private struct State {
        var head: HTTPResponse?
        var chunks: [[UInt8]] = []
        var byteCount = 0
        var isPaused = false
        var isEnded = false
        var error: HTTPClientError?
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    /// libcurl gives up to 16 KiB at once (its buffer), so this is about sixteen calls.
    static let bytesMax = 256 * 1024

    // MARK: the curl thread's side

    func begin(_ head: HTTPResponse) {
        wake { $0.head = head }
    }

    /// False when full: offer the same bytes again after the reader made room.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var isTaken = true
        wake { state in
            guard state.byteCount < Self.bytesMax else {
                state.isPaused = true
                isTaken = false
                return
            }
            state.chunks.append([UInt8](bytes))
            state.byteCount += bytes.count
        }
        return isTaken
    }

    func finish(_ error: HTTPClientError?) {
        wake { state in
            state.isEnded = true
            state.error = error
            if error == .cancelled { state.chunks = [] }
        }
    }

    private func wake(after change: (inout State) -> Void) {
        let reader = state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    // MARK: the reader's side

    /// What a reader finds: `wait` where there is nothing yet.
    enum Found<Value: Sendable>: Sendable {
        case value(Value)
        case end(HTTPClientError?)
        case wait
    }

    func takeHead() -> Found<HTTPResponse> {
        state.withLock { state in
            if let head = state.head { return .value(head) }
            return state.isEnded ? .end(state.error) : .wait
        }
    }

    /// All that is there as one chunk, and whether a paused transfer can go on.
    func takeChunk() -> (Found<[UInt8]>, mayResume: Bool) {
        state.withLock { state in
            guard !state.chunks.isEmpty else { return (state.isEnded ? .end(state.error) : .wait, false) }
            let chunk = state.chunks.count == 1 ? state.chunks[0] : Array(state.chunks.joined())
            state.chunks = []
            state.byteCount = 0
            defer { state.isPaused = false }
            return (.value(chunk), state.isPaused)
        }
    }

    enum Wanted { case head, chunk }

    /// Returns when what is wanted may be there, or the transfer ended; there is one reader at a time.
    func arrival(of wanted: Wanted) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                precondition(state.reader == nil, "a stream has one reader")
                let isThere = wanted == .head ? state.head != nil : !state.chunks.isEmpty
                if state.isEnded || isThere { return false }
                state.reader = continuation
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }
}
