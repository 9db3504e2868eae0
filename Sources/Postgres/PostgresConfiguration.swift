import CLibPQ

/// Where the database is and how patient the pool is with it.
package struct PostgresConfiguration: Sendable {
    /// Handed to libpq unchanged, so every libpq parameter works (`sslmode`, `sslrootcert`, several hosts …). Secret.
    package var connectionString: String
    /// Connections at most.
    package var poolSize: Int
    /// How long a caller waits for a connection while all are busy.
    package var acquireTimeout: Duration
    /// How long opening a connection may take, over all its hosts.
    package var connectTimeout: Duration
    /// How long the server works on one statement; nil leaves it to the server's own setting. Through a transaction pooler nothing can be
    /// set for a session, so the client keeps the time and cancels.
    package var statementTimeout: Duration?
    /// Prepared statements kept by each connection; 0 says that a transaction pooler may stand between, where each transaction meets
    /// another session: nothing is prepared or set for a session.
    package var preparedStatementsMax: Int

    package init(
        _ connectionString: String, poolSize: Int = 8, acquireTimeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(10), statementTimeout: Duration? = .seconds(30),
        preparedStatementsMax: Int = 256
    ) {
        precondition(poolSize > 0, "A pool without connections serves nobody")
        self.connectionString = connectionString
        self.poolSize = poolSize
        self.acquireTimeout = acquireTimeout
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.preparedStatementsMax = preparedStatementsMax
    }

    var sessionsAreKept: Bool { preparedStatementsMax > 0 }

    /// Throws `cannotConnect` if libpq cannot read the connection string. libpq's own explanation is not passed on, because
    /// it quotes the string, password included.
    package func validate() throws(PostgresError) {
        var explanation: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(connectionString, &explanation) else {
            PQfreemem(explanation)
            throw .cannotConnect(
                reason: "the connection string is not one: postgres://user:password@host:port/database?sslmode=…")
        }
        PQconninfoFree(options)
    }
}
