import CLibCurl
import Synchronization

/// Brings what tasks want to the one thread that may touch libcurl.
final class CurlMailbox: Sendable {
    enum Letter: Sendable {
        case start(id: UInt64, PreparedRequest, TransferSink)
        /// Of a transfer that is unknown (it has ended): nothing to do.
        case cancel(UInt64)
        /// The reader of a paused stream made room.
        case resume(UInt64)
    }

    private struct State {
        var letters: [Letter] = []
        var lastID: UInt64 = 0
        var isClosed = false
        var isThreadGone = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Used here for `curl_multi_wakeup` only, which any thread may call, and never after the mailbox was closed: the
    /// thread frees the handle only after it found the mailbox closed.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer

    init(_ multi: UnsafeMutableRawPointer) { self.multi = multi }

    func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// False after the mailbox was closed: nobody will read the letter.
    @discardableResult func post(_ letter: Letter) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.letters.append(letter)
            if state.letters.count == 1 { curl_multi_wakeup(multi) }
            return true
        }
    }

    func start(_ request: PreparedRequest, id: UInt64, _ sink: TransferSink) {
        if !post(.start(id: id, request, sink)) { sink.fail(.cancelled) }
    }

    /// Ends the thread, which fails what is still running.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            curl_multi_wakeup(multi)
        }
    }

    func threadEnd() async {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if !state.isThreadGone { state.closers.append(continuation) }
                return state.isThreadGone
            }
            if isGone { continuation.resume() }
        }
    }

    // MARK: the thread's side

    func take() -> (letters: [Letter], isClosed: Bool) {
        state.withLock { state in
            defer { state.letters = [] }
            return (state.letters, state.isClosed)
        }
    }

    func threadIsGone() {
        let closers = state.withLock { state in
            state.isThreadGone = true
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
