#if DEBUG
    import Foundation
    import Glibc
    import HTTPClient
    import HTTPTypes
    import Synchronization

    /// Kills this process, as `kill -9` does, when it reaches a chosen point before or after something durable. Debug builds only.
    ///
    /// `DEPLOYCENTER_CRASH_AT` is the number of a point, counted from the start, or the name of one; `DEPLOYCENTER_CRASH_POINTS` is a file that
    /// gets the name of each point when it is reached. Without either there are no points.
    final class CrashPoints: Sendable {
        enum Side: String {
            case before, after
        }

        static let target = "DEPLOYCENTER_CRASH_AT"
        static let record = "DEPLOYCENTER_CRASH_POINTS"

        private struct Progress {
            var reached = 0
            var timesReached: [String: Int] = [:]
        }

        private let target: String?
        private let record: Int32?
        private let progress = Mutex(Progress())

        init?(_ environment: [String: String]) {
            target = environment[Self.target]
            // A file that cannot be opened shows as one without points.
            record = environment[Self.record].map { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
            if target == nil, record == nil { return nil }
        }

        /// The same thing done again is another point: its name gets a number.
        func reached(_ side: Side, _ what: String) {
            let name = "\(side.rawValue) \(what)"
            progress.withLock { progress in
                progress.reached += 1
                let times = progress.timesReached[name, default: 0] + 1
                progress.timesReached[name] = times
                let full = times == 1 ? name : "\(name) #\(times)"
                note(full)
                // Inside of the lock, so that nobody gets further meanwhile.
                if target == full || target == String(progress.reached) { kill(getpid(), SIGKILL) }
            }
        }

        private func note(_ name: String) {
            guard let record else { return }
            let line = Array((name + "\n").utf8)
            _ = write(record, line, line.count)
        }

        /// For the HTTP client. Names of deployments, ids and hashes have digits in them and are left out, so that the points of two
        /// deployments have the same names.
        func exchanging(_ request: HTTPRequest, _ moment: CurlClient.Configuration.Moment) {
            let parts = (request.path ?? "/").split(separator: "?", maxSplits: 1)
            let path = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.count >= 6 && $0.contains(where: \.isNumber) ? "*" : String($0) }.joined(separator: "/")
            let query = parts.count == 2 ? parts[1].split(separator: "&") : []
            let names = query.map { String($0.prefix { $0 != "=" }) }.joined(separator: "&")
            reached(
                moment == .beforeSending ? .before : .after,
                "\(request.method) \(path)\(names.isEmpty ? "" : "?\(names)")")
        }
    }
#endif
