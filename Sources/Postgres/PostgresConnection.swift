import CLibPQ
import Synchronization

/// One session with the server, on a thread of its own. Statements of concurrent callers run one after the other.
package actor PostgresConnection {
    private let executor = ThreadExecutor()
    private nonisolated let wakeUp = WakeUp()
    private let configuration: PostgresConfiguration
    private var wire: Wire?
    private var prepared: PreparedStatements
    /// Until the transaction ends.
    private var isUnhurried = false
    /// What the pool needs to know without waiting for the thread.
    nonisolated let condition = Mutex(Condition())

    struct Condition {
        var isBroken = true
        var isInTransaction = false
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(configuration: PostgresConfiguration) {
        self.configuration = configuration
        self.prepared = PreparedStatements(countMax: configuration.preparedStatementsMax)
    }

    /// Runs one statement. Cancelling the task cancels the statement on the server, unless others depend on it.
    @discardableResult
    package nonisolated func query(
        _ sql: String, _ parameters: [PostgresValue] = [], isCancellable: Bool = true
    ) async throws(PostgresError) -> PostgresRows {
        guard isCancellable else { return try await run(sql, parameters, .text, nil) }
        return try await cancellable { cancellation throws(PostgresError) in
            try await self.run(sql, parameters, .text, cancellation)
        }
    }

    /// Runs a query whose rows may be large: values in binary form, and no more rows once they are `bytesMax` bytes (that row
    /// is the last). Stopping early cancels the query, so this is not for use inside a transaction.
    package nonisolated func page(
        _ sql: String, _ parameters: [PostgresValue], bytesMax: Int
    ) async throws(PostgresError) -> PostgresPage {
        let rows = try await cancellable { cancellation throws(PostgresError) in
            try await self.run(sql, parameters, .binary(bytesMax: bytesMax), cancellation)
        }
        return PostgresPage(rows)
    }

    /// Runs a script of several statements, which the server takes as one transaction unless it says otherwise itself.
    /// Answers with the last statement's rows.
    @discardableResult
    package nonisolated func execute(script: String) async throws(PostgresError) -> PostgresRows {
        try await cancellable { cancellation throws(PostgresError) in
            try await self.runScript(script, cancellation)
        }
    }

    func open(_ cancellation: Cancellation?) throws(PostgresError) {
        wire = try Wire(connecting: configuration, wakeUp: wakeUp, cancellation)
        defer { note() }
        _ = try perform(SessionSettings.forms, [], .text, cancellation)
        // Behind a pooler it would hold for whoever gets the session next.
        guard configuration.sessionsAreKept, let timeout = configuration.statementTimeout else { return }
        let milliseconds = String(Int64(timeout / .milliseconds(1)))
        _ = try perform(SessionSettings.timeout, [.text(milliseconds)], .text, cancellation)
    }

    /// Lets the statements of the current transaction take the time that they need.
    package func takeTime() throws(PostgresError) {
        precondition(wire?.isInTransaction ?? true, "Only a transaction can take its time")
        _ = try runScript("SET LOCAL statement_timeout = 0", nil)
        isUnhurried = true
    }

    /// Runs a script whatever becomes of the caller's task: the end of a transaction must reach the server.
    @discardableResult
    func finish(_ script: String) throws(PostgresError) -> PostgresRows { try runScript(script, nil) }

    func looksAlive() -> Bool { wire?.looksAlive() ?? false }

    func close() {
        wire = nil
        note()
    }

    func listen(_ channel: String, _ cancellation: Cancellation) throws(PostgresError) {
        guard let name = wire?.quoted(identifier: channel) else { throw .connectionLost(reason: "not connected") }
        _ = try runScript("LISTEN \(name)", cancellation)
    }

    func notification(
        until deadline: ContinuousClock.Instant, _ cancellation: Cancellation
    ) throws(PostgresError) -> String? {
        try wire?.notification(until: deadline, cancellation)
    }

    nonisolated func cancellable<Value: Sendable>(
        _ work: (Cancellation) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let cancellation = Cancellation(wakeUp)
        let result: Result<Value, PostgresError> = await withTaskCancellationHandler {
            do throws(PostgresError) { return .success(try await work(cancellation)) } catch { return .failure(error) }
        } onCancel: {
            cancellation.request()
        }
        return try result.get()
    }

    private func runScript(_ script: String, _ cancellation: Cancellation?) throws(PostgresError) -> PostgresRows {
        try answer(cancellation) { PQsendQuery($0, script) }
    }

    /// How the server is asked to answer.
    private enum AnswerForm {
        case text
        case binary(bytesMax: Int)

        var format: Int32 { bytesMax == nil ? 0 : 1 }

        var bytesMax: Int? {
            if case .binary(let bytesMax) = self { bytesMax } else { nil }
        }
    }

    private func run(
        _ sql: String, _ parameters: [PostgresValue], _ form: AnswerForm, _ cancellation: Cancellation?
    ) throws(PostgresError) -> PostgresRows {
        let wasInTransaction = wire?.isInTransaction ?? false
        do throws(PostgresError) {
            return try perform(sql, parameters, form, cancellation)
        } catch {
            // 0A000: a table's shape changed under a prepared statement; 26000: somebody discarded it. Nothing happened.
            guard !wasInTransaction, error.sqlstate == "0A000" || error.sqlstate == "26000" else { throw error }
            return try perform(sql, parameters, form, cancellation)
        }
    }

    private func perform(
        _ sql: String, _ parameters: [PostgresValue], _ form: AnswerForm, _ cancellation: Cancellation?
    ) throws(PostgresError) -> PostgresRows {
        let wires = parameters.map(\.wire)
        guard !wires.contains(where: \.holdsNUL) else {
            throw .server(sqlstate: "22021", message: "text may not hold U+0000", detail: nil, constraint: nil)
        }
        guard configuration.sessionsAreKept else {
            return try answer(cancellation, bytesMax: form.bytesMax) { connection in
                withWireParameters(wires) { count, types, values, lengths, formats in
                    PQsendQueryParams(connection, sql, count, types, values, lengths, formats, form.format)
                }
            }
        }
        let key = PreparedStatements.Key(sql: sql, types: wires.map(\.type))
        let name: String
        if let known = prepared.name(of: key) { name = known } else { name = try prepare(key, cancellation) }
        do throws(PostgresError) {
            return try answer(cancellation, bytesMax: form.bytesMax) { connection in
                withWireParameters(wires) { count, _, values, lengths, formats in
                    PQsendQueryPrepared(connection, name, count, values, lengths, formats, form.format)
                }
            }
        } catch {
            if error.sqlstate == "0A000" || error.sqlstate == "26000" { prepared.forget(key) }
            throw error
        }
    }

    private func prepare(
        _ key: PreparedStatements.Key, _ cancellation: Cancellation?
    ) throws(PostgresError) -> String {
        if let old = prepared.evict() { _ = try answer(cancellation) { PQsendQuery($0, "DEALLOCATE \(old)") } }
        let name = prepared.add(key)
        do throws(PostgresError) {
            _ = try answer(cancellation) { PQsendPrepare($0, name, key.sql, Int32(key.types.count), key.types) }
        } catch {
            prepared.forget(key)
            throw error
        }
        return name
    }

    private func answer(
        _ cancellation: Cancellation?, bytesMax: Int? = nil, _ send: (OpaquePointer) -> Int32
    ) throws(PostgresError) -> PostgresRows {
        guard let wire else { throw .connectionLost(reason: "the connection is closed") }
        defer { note() }
        let timeout = isUnhurried ? nil : configuration.statementTimeout
        guard configuration.sessionsAreKept else {
            return try wire.perform(cancelAfter: timeout, cancellation, bytesMax: bytesMax, send)
        }
        // The server's own timeout comes first; this one is for a server that does not answer at all.
        return try wire.perform(answerWithin: timeout.map { $0 + .seconds(10) }, cancellation, bytesMax: bytesMax, send)
    }

    private func note() {
        let (isBroken, isInTransaction) = (wire?.isBroken ?? true, wire?.isInTransaction ?? false)
        if !isInTransaction { isUnhurried = false }
        condition.withLock {
            $0.isBroken = isBroken
            $0.isInTransaction = isInTransaction
        }
    }
}

/// What every session is set to.
private enum SessionSettings {
    /// So that times have the text form that `WireText` reads. The server reports these two to its clients, so a pooler knows them and
    /// gives each client its own with every session.
    static let forms = "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false)"
    static let timeout = "SELECT set_config('statement_timeout', $1, false)"
}

/// Lends the parameters to libpq for the length of one call.
private func withWireParameters(
    _ parameters: [WireParameter],
    _ body: (
        Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
        UnsafePointer<Int32>?
    ) -> Int32
) -> Int32 {
    var bytes: [UInt8] = []
    for parameter in parameters { bytes += parameter.bytes ?? [] }
    if bytes.isEmpty { bytes = [0] }  // An empty buffer may have no address, and an address of nil means NULL.
    return bytes.withUnsafeBufferPointer { buffer in
        var offset = 0
        let values = parameters.map { parameter -> UnsafePointer<CChar>? in
            guard let length = parameter.bytes?.count, let start = buffer.baseAddress else { return nil }
            defer { offset += length }
            return UnsafeRawPointer(start + offset).assumingMemoryBound(to: CChar.self)
        }
        return body(
            Int32(parameters.count), parameters.map(\.type), values, parameters.map { Int32($0.bytes?.count ?? 0) },
            parameters.map { $0.isBinary ? 1 : 0 })
    }
}
