package import Application
import EventSourcing
package import Postgres

/// Lists what follows the log in Postgres, and lets what stands still try again.
package struct PostgresSubscriptions: Subscriptions {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func subscriptions() async throws(SubscriptionError) -> [SubscriptionStatus] {
        do throws(PostgresError) {
            return try await pool.query(Statement.subscriptions).map { row throws(PostgresError) in
                try SubscriptionStatus(row)
            }
        } catch {
            throw SubscriptionError(error)
        }
    }

    package func retry(_ name: String) async throws(SubscriptionError) {
        let known = try await subscriptions()
        guard let subscription = known.first(where: { $0.name == name }) else {
            throw .unknown(name, known: known.map(\.name))
        }
        let statement = subscription.kind == .view ? Statement.retryView : Statement.retryProcess
        let own = String(name.drop { $0 != ":" }.dropFirst())
        do throws(PostgresError) {
            guard try await pool.query(statement, [.text(own)]).affected > 0 else {
                throw PostgresError.server(sqlstate: "02000", message: "no failure", detail: nil, constraint: nil)
            }
        } catch {
            throw error.sqlstate == "02000" ? .nothingFailed(name) : SubscriptionError(error)
        }
    }
}

extension SubscriptionStatus {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let position = try row.int64("position")
        let lag = max(0, try row.int64("head") - position)
        var failure: SubscriptionFailure?
        if let reason = try row.optionalString("failure") {
            failure = SubscriptionFailure(
                position: try row.optionalInt64("failure_position").map { Position($0) }, reason: reason)
        }
        self.init(
            name: try row.string("name"), kind: try row.string("kind") == "view" ? .view : .process,
            position: Position(position), lag: lag, holder: try row.optionalString("holder"),
            state: failure != nil ? .failed : (lag == 0 ? .live : .catchingUp), failure: failure)
    }
}

extension SubscriptionError {
    fileprivate init(_ error: PostgresError) {
        self = error == .cancelled ? .cancelled : .unavailable(reason: "\(error)")
    }
}
