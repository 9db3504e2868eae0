import CLibPQ
import Glibc

/// One libpq connection as its thread drives it: every call waits in `poll` here, never inside libpq.
///
/// It is used by one thread at a time, which the actor that owns it sees to.
final class Wire {
    private let connection: OpaquePointer
    private let wakeUp: WakeUp
    private(set) var isBroken = false

    /// How long a statement may take to end after it was told to stop; then the connection is given up.
    private static let cancelGrace: Duration = .seconds(5)

    init(
        connecting configuration: PostgresConfiguration, wakeUp: WakeUp, _ cancellation: Cancellation?
    ) throws(PostgresError) {
        try configuration.validate()
        guard let connection = Self.start(configuration.connectionString) else {
            throw .cannotConnect(reason: "out of memory")
        }
        self.connection = connection
        self.wakeUp = wakeUp
        dc_silence_notices(connection)
        try connect(until: .now + configuration.connectTimeout, cancellation)
        guard PQsetnonblocking(connection, 1) == 0 else { throw .cannotConnect(reason: errorMessage) }
    }

    deinit { PQfinish(connection) }

    /// Values before `dbname`, which holds the connection string, are defaults that the string may override. A peer that
    /// vanished is noticed within 30 seconds.
    private static func start(_ connectionString: String) -> OpaquePointer? {
        let settings: [(String, String)] = [
            ("client_encoding", "UTF8"), ("fallback_application_name", "deploycenter"), ("tcp_user_timeout", "30000"),
            ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("dbname", connectionString),
        ]
        var keywords: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values: [UnsafePointer<CChar>?] = settings.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for pointer in keywords + values { free(UnsafeMutablePointer(mutating: pointer)) } }
        return PQconnectStartParams(&keywords, &values, 1)
    }

    private func connect(until deadline: ContinuousClock.Instant, _ cancellation: Cancellation?) throws(PostgresError) {
        guard PQstatus(connection) != CONNECTION_BAD else { throw .cannotConnect(reason: errorMessage) }
        var events = Int32(POLLOUT)
        while true {
            switch wait(for: events, until: deadline, cancellation) {
            case .cancelled: throw .cancelled
            case .deadline: throw .cannotConnect(reason: "no answer in time")
            case .ready: break
            }
            switch PQconnectPoll(connection) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int32(POLLIN)
            case PGRES_POLLING_WRITING: events = Int32(POLLOUT)
            default: throw .cannotConnect(reason: errorMessage)
            }
        }
    }

    var isInTransaction: Bool { PQtransactionStatus(connection) != PQTRANS_IDLE }

    /// Sends something and waits for all of its answers. Once cancelled, the server is told to stop, and what it then
    /// answers counts: a statement that was faster than its cancellation has happened.
    ///
    /// Later than `limit` the connection is given up; after `timeout` the server is told to stop, which is `timedOut`.
    ///
    /// With `bytesMax` the rows come one by one, so that nothing is held twice, and no more once they are that many bytes.
    func perform(
        answerWithin limit: Duration? = nil, cancelAfter timeout: Duration? = nil, _ cancellation: Cancellation?,
        bytesMax: Int? = nil,
        _ send: (OpaquePointer) -> Int32
    ) throws(PostgresError) -> PostgresRows {
        guard !isBroken else { throw .connectionLost(reason: "the connection is closed") }
        if cancellation?.isRequested == true { throw .cancelled }
        guard send(connection) == 1 else { throw lost() }
        if bytesMax != nil { PQsetSingleRowMode(connection) }
        var deadline = (timeout ?? limit).map { ContinuousClock.now + $0 }
        var isCancelSent = false
        var rows: PostgresRows?
        var isCut = false
        var fault: ServerFault?
        var isFlushing = try flush()
        while true {
            while PQisBusy(connection) == 1 || isFlushing {
                let events = Int32(POLLIN) | (isFlushing ? Int32(POLLOUT) : 0)
                switch wait(for: events, until: deadline, isCancelSent ? nil : cancellation) {
                case .ready:
                    guard PQconsumeInput(connection) == 1 else { throw lost() }
                    if isFlushing { isFlushing = try flush() }
                case .cancelled:
                    cancelOnServer()
                    isCancelSent = true
                    deadline = .now + Self.cancelGrace
                case .deadline where timeout != nil && !isCancelSent:
                    cancelOnServer()
                    isCancelSent = true
                    deadline = .now + Self.cancelGrace
                case .deadline:
                    isBroken = true
                    if cancellation?.isRequested == true { throw .cancelled }
                    throw isCancelSent && timeout != nil ? .timedOut : .connectionLost(reason: "no answer in time")
                }
            }
            guard let result = PQgetResult(connection) else { break }
            defer { PQclear(result) }
            if !isCut { read(result, isOneOfMany: bytesMax != nil, &rows, &fault) }
            if isBroken { break }
            if !isCut, let bytesMax, let size = rows?.values.count, size >= bytesMax {
                // What comes after this has to be asked for again. The server is told, or it would send all of it.
                isCut = true
                rows?.isCut = true
                cancelOnServer()
                isCancelSent = true
                deadline = .now + Self.cancelGrace
            }
        }
        if PQstatus(connection) == CONNECTION_BAD { isBroken = true }
        if let fault {
            throw PostgresError(fault: fault, cancelled: cancellation?.isRequested == true)
        }
        return rows ?? PostgresRows(columns: [], affected: 0, commandTag: "", count: 0, values: [], ends: [])
    }

    /// The payload of the next notification; nil if none came before the deadline.
    func notification(
        until deadline: ContinuousClock.Instant, _ cancellation: Cancellation
    ) throws(PostgresError) -> String? {
        while true {
            guard PQconsumeInput(connection) == 1 else { throw lost() }
            if let notice = PQnotifies(connection) {
                defer { PQfreemem(notice) }
                return String(cString: notice.pointee.extra)
            }
            switch wait(for: Int32(POLLIN), until: deadline, cancellation) {
            case .ready: continue
            case .cancelled: throw .cancelled
            case .deadline: return nil
            }
        }
    }

    /// Whether the server still holds the other end, as far as its last packets tell. Costs no round trip.
    func looksAlive() -> Bool {
        // Twice: the first reads what the server said last, the second meets the end behind it.
        guard !isBroken, PQconsumeInput(connection) == 1, PQconsumeInput(connection) == 1,
            PQstatus(connection) == CONNECTION_OK
        else { return false }
        return !isInTransaction
    }

    func quoted(identifier: String) -> String? {
        guard let text = PQescapeIdentifier(connection, identifier, identifier.utf8.count) else { return nil }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    private func read(
        _ result: OpaquePointer, isOneOfMany: Bool, _ rows: inout PostgresRows?, _ fault: inout ServerFault?
    ) {
        switch PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE:
            rows = rows ?? PostgresRows(copyingColumnsOf: result)
            rows?.append { column in
                let length = PQgetlength(result, 0, Int32(column))
                // NULL has no length.
                if length == 0, PQgetisnull(result, 0, Int32(column)) == 1 { return nil }
                return UnsafeRawBufferPointer(start: PQgetvalue(result, 0, Int32(column)), count: Int(length))
            }
        case PGRES_TUPLES_OK where isOneOfMany && rows != nil:
            break  // Single rows end with an empty result.
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            rows = PostgresRows(copying: result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            isBroken = true
            fault = ServerFault(sqlstate: "0A000", message: "COPY is not supported here", detail: nil, constraint: nil)
        default:
            fault = fault ?? ServerFault(reading: result, or: errorMessage)
        }
    }

    private func lost() -> PostgresError {
        isBroken = true
        return .connectionLost(reason: errorMessage)
    }

    /// True while something is left to send.
    private func flush() throws(PostgresError) -> Bool {
        switch PQflush(connection) {
        case 0: return false
        case 1: return true
        default: throw lost()
        }
    }

    /// Opens a second, short connection; it returns once the server has signalled the session, so a late cancellation
    /// cannot hit the session's next statement.
    private func cancelOnServer() {
        guard let cancel = PQgetCancel(connection) else { return }
        defer { PQfreeCancel(cancel) }
        var explanation = [CChar](repeating: 0, count: 256)
        _ = PQcancel(cancel, &explanation, 256)
    }

    private enum Wake {
        case ready
        case cancelled
        case deadline
    }

    private func wait(
        for events: Int32, until deadline: ContinuousClock.Instant?, _ cancellation: Cancellation?
    ) -> Wake {
        while true {
            if cancellation?.isRequested == true { return .cancelled }
            var timeoutMilliseconds: Int32 = -1
            if let deadline {
                let left = (deadline - .now) / .milliseconds(1)
                if left <= 0 { return .deadline }
                timeoutMilliseconds = Int32(min(left, 60_000).rounded(.up))
            }
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
                pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&descriptors, 2, timeoutMilliseconds)
            if descriptors[1].revents != 0 { wakeUp.clear() }
            if descriptors[0].revents != 0 { return .ready }
        }
    }

    /// libpq's explanation on one line. It names host, user and database, never the password.
    private var errorMessage: String {
        let text = String(cString: PQerrorMessage(connection))
        return text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    }
}

extension PostgresRows {
    init(copyingColumnsOf result: OpaquePointer) {
        self.init(
            columns: (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }, affected: 0, commandTag: "",
            count: 0, values: [], ends: [])
    }

    init(copying result: OpaquePointer) {
        let width = PQnfields(result)
        let count = PQntuples(result)
        var values: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(Int(width) * Int(count))
        for row in 0..<count {
            for column in 0..<width {
                if PQgetisnull(result, row, column) == 1 {
                    ends.append(~values.count)
                } else {
                    let length = Int(PQgetlength(result, row, column))
                    values.append(
                        contentsOf: UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
                    ends.append(values.count)
                }
            }
        }
        self.init(
            columns: (0..<width).map { String(cString: PQfname(result, $0)) },
            affected: Int(String(cString: PQcmdTuples(result))) ?? 0, commandTag: String(cString: PQcmdStatus(result)),
            count: Int(count), values: values, ends: ends)
    }
}

extension ServerFault {
    /// A fault without a SQLSTATE was found by libpq itself: the connection broke.
    init(reading result: OpaquePointer, or message: String) {
        func field(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }
        self.init(
            sqlstate: field(dc_sqlstate(result)) ?? "08006", message: field(dc_message(result)) ?? message,
            detail: field(dc_detail(result)), constraint: field(dc_constraint(result)),
            position: field(dc_statement_position(result)).flatMap { Int($0) })
    }
}
