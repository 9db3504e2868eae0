import CLibCurl
import Glibc

/// The one thread that touches libcurl: it starts, drives and ends all transfers of a client.
final class CurlThread {
    private let multi: UnsafeMutableRawPointer
    private let mailbox: CurlMailbox
    private let configuration: CurlClient.Configuration
    private var transfers: [UInt64: Transfer] = [:]

    /// How long a running transfer may wait for an event on its socket before it is looked at anyway. Letters and libcurl's
    /// timers come at once; but libcurl 7.88 lets streams of a shared HTTP/2 connection stand although their answers have
    /// been read from the socket (seen in a quarter of the rounds of 100 requests at once), until it is called again.
    private static let pollMilliseconds: Int32 = 50

    /// Starts the thread; it ends after the mailbox was closed, and frees `multi`.
    static func start(
        multi: UnsafeMutableRawPointer, mailbox: CurlMailbox, configuration: CurlClient.Configuration
    ) {
        let thread = CurlThread(multi: multi, mailbox: mailbox, configuration: configuration)
        var handle = pthread_t()
        let result = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(thread).toOpaque())
        precondition(result == 0, "no thread for libcurl: \(result)")
        pthread_detach(handle)
    }

    private init(multi: UnsafeMutableRawPointer, mailbox: CurlMailbox, configuration: CurlClient.Configuration) {
        self.multi = multi
        self.mailbox = mailbox
        self.configuration = configuration
        _ = dc_multi_set_long(multi, CURLMOPT_PIPELINING, 2)  // CURLPIPE_MULTIPLEX
        _ = dc_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.idleConnectionsMax)
    }

    private func run() {
        while true {
            let (letters, isClosed) = mailbox.take()
            for letter in letters { open(letter) }
            if isClosed { break }
            var runningCount: Int32 = 0
            curl_multi_perform(multi, &runningCount)
            let hasEnded = endFinished()
            curl_multi_poll(multi, nil, 0, hasEnded ? 0 : transfers.isEmpty ? 10_000 : Self.pollMilliseconds, nil)
        }
        for id in Array(transfers.keys) { end(id)?.fail(.cancelled) }
        curl_multi_cleanup(multi)
        mailbox.threadIsGone()
    }

    private func open(_ letter: CurlMailbox.Letter) {
        switch letter {
        case .start(let id, let request, let sink):
            guard let transfer = Transfer(request, id: id, sink: sink, configuration: configuration),
                curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
            else { return sink.fail(.invalidRequest(reason: "libcurl refuses an option")) }
            transfers[id] = transfer
        case .cancel(let id): end(id)?.fail(.cancelled)
        case .resume(let id):
            if let transfer = transfers[id] { curl_easy_pause(transfer.easy, CURLPAUSE_CONT) }
        }
    }

    /// True where a transfer ended: others may have waited for its place.
    private func endFinished() -> Bool {
        var hasEnded = false
        var leftCount: Int32 = 0
        while let message = curl_multi_info_read(multi, &leftCount) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            // The message is gone once the handle is removed.
            let code = dc_message_result(message)
            guard let transfer = EasyOptions.transfer(dc_easy_context(message.pointee.easy_handle)) else { continue }
            end(transfer.id)?.finish(code)
            hasEnded = true
        }
        return hasEnded
    }

    private func end(_ id: UInt64) -> Transfer? {
        guard let transfer = transfers.removeValue(forKey: id) else { return nil }
        curl_multi_remove_handle(multi, transfer.easy)
        return transfer
    }
}
