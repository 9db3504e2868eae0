import CLibCurl
package import HTTPTypes
package import Logging

/// Sends HTTP requests over libcurl, which runs on one thread of its own and keeps connections for the next request.
///
/// A request goes out exactly as given: no redirects followed, path and query untouched, no header invented but
/// `User-Agent` and the length. libcurl repeats a request by itself only if a kept connection turns out to be closed
/// before a single byte of the answer came; callers make repeatable requests anyway.
package final class CurlClient: Sendable {
    private let configuration: Configuration
    private let mailbox: CurlMailbox
    private let log: RequestLog

    package init(configuration: Configuration = Configuration(), logger: Logger) {
        precondition(Self.isLibraryReady, "libcurl does not start")
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.configuration = configuration
        mailbox = CurlMailbox(multi)
        log = RequestLog(logger: logger)
        CurlThread.start(multi: multi, mailbox: mailbox, configuration: configuration)
    }

    deinit { mailbox.close() }

    /// Sends a request and reads the whole answer; an answer of any status is a reply.
    package func send(
        _ request: HTTPRequest, body: [UInt8] = [], timeout: Duration
    ) async throws(HTTPClientError) -> HTTPReply {
        let start = ContinuousClock.now
        let outcome: Result<HTTPReply, HTTPClientError>
        do throws(HTTPClientError) {
            let limits = PreparedRequest.Limits(
                connectMilliseconds: min(configuration.connectTimeout, timeout).wholeMilliseconds,
                totalMilliseconds: timeout.wholeMilliseconds, idleSeconds: nil)
            let prepared = try PreparedRequest(request, body: body, limits: limits)
            configuration.witness?(request, .beforeSending)
            outcome = await exchange(prepared)
            if case .success = outcome { configuration.witness?(request, .afterReply) }
        } catch {
            outcome = .failure(error)
        }
        log.ended(request, outcome.map(\.status), after: start.duration(to: .now))
        return try outcome.get()
    }

    /// Sends a request and answers as soon as the head is there; the body is read from the stream without a time limit.
    ///
    /// With `idleTimeout` (whole seconds) a connection without a byte for so long is taken for lost.
    package func stream(
        _ request: HTTPRequest, body: [UInt8] = [], connectTimeout: Duration, idleTimeout: Duration? = nil
    ) async throws(HTTPClientError) -> HTTPStream {
        let start = ContinuousClock.now
        do throws(HTTPClientError) {
            let limits = PreparedRequest.Limits(
                connectMilliseconds: connectTimeout.wholeMilliseconds, totalMilliseconds: nil,
                idleSeconds: idleTimeout.map { max(1, Int(clamping: $0.components.seconds)) })
            let prepared = try PreparedRequest(request, body: body, limits: limits)
            let buffer = StreamBuffer()
            let source = StreamSource(id: mailbox.nextID(), buffer: buffer, mailbox: mailbox)
            configuration.witness?(request, .beforeSending)
            source.start(prepared)
            let head = try await source.head()
            configuration.witness?(request, .afterReply)
            log.ended(request, .success(head.status.code), after: start.duration(to: .now))
            return HTTPStream(head: head, source: source)
        } catch {
            log.ended(request, .failure(error), after: start.duration(to: .now))
            throw error
        }
    }

    /// Cancels what is running and returns when the thread has ended. Later requests are cancelled at once.
    package func shutdown() async {
        mailbox.close()
        await mailbox.threadEnd()
    }

    private func exchange(_ request: PreparedRequest) async -> Result<HTTPReply, HTTPClientError> {
        let id = mailbox.nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                mailbox.start(request, id: id, .whole(bytesMax: configuration.bodyBytesMax, reply))
                // A cancellation before this point found nothing to cancel.
                if Task.isCancelled { mailbox.post(.cancel(id)) }
            }
        } onCancel: {
            mailbox.post(.cancel(id))
        }
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
