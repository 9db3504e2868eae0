package import HTTPTypes

/// An answer that is read while it arrives: the head at once, then its body in chunks of any size.
///
/// A slow reader pauses the transfer. The transfer is cancelled when the stream and its iterators are gone, or when the
/// reading task is cancelled. It has one reader.
package struct HTTPStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPClientError

    package let head: HTTPResponse
    let source: StreamSource

    package func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    package struct Iterator: AsyncIteratorProtocol {
        let source: StreamSource

        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPClientError) -> [UInt8]? {
            try await source.nextChunk()
        }
    }
}

/// Keeps a streamed transfer running as long as somebody may read from it.
final class StreamSource: Sendable {
    private let id: UInt64
    private let buffer: StreamBuffer
    private let mailbox: CurlMailbox

    init(id: UInt64, buffer: StreamBuffer, mailbox: CurlMailbox) {
        self.id = id
        self.buffer = buffer
        self.mailbox = mailbox
    }

    deinit { mailbox.post(.cancel(id)) }

    func start(_ request: PreparedRequest) { mailbox.start(request, id: id, .chunks(buffer)) }

    func head() async throws(HTTPClientError) -> HTTPResponse {
        while true {
            switch buffer.takeHead() {
            case .value(let head): return head
            case .end(let error): throw error ?? .connectionLost(reason: "no answer")
            case .wait: await wait(for: .head)
            }
        }
    }

    func nextChunk() async throws(HTTPClientError) -> [UInt8]? {
        while true {
            if Task.isCancelled { throw .cancelled }
            let (found, mayResume) = buffer.takeChunk()
            if mayResume { mailbox.post(.resume(id)) }
            switch found {
            case .value(let chunk): return chunk
            case .end(let error):
                if let error { throw error }
                return nil
            case .wait: await wait(for: .chunk)
            }
        }
    }

    private func wait(for wanted: StreamBuffer.Wanted) async {
        await withTaskCancellationHandler {
            await buffer.arrival(of: wanted)
        } onCancel: {
            mailbox.post(.cancel(id))
        }
    }
}
