import Logging
import Postgres

/// Builds moments of the past for all replicas, and drops those that are not asked for any more.
///
/// A moment is registered in the transaction that makes and fills its schema: a builder that dies leaves nothing behind.
struct MomentBuilder: Sendable {
    /// May create schemas.
    let pool: PostgresPool
    let settings: MomentSettings
    let logger: Logger

    /// True if the moment is at hand now; false if another builds it, or as many as may are being built, or another definition
    /// is served since: look again.
    func build(_ view: String, digest: String, upTo position: Int64) async throws -> Bool {
        let isAtHand = try await pool.withTransaction { connection in
            let claim = try await connection.query(
                Statement.claimMoment, [.text(view), .text(digest), .int8(position), .int8(Int64(settings.buildsMax))])
            guard try claim.first?.bool("is_claimed") ?? false,
                let generation = try await connection.generation(of: view, "live"), generation.rowsDigest == digest
            else { return false }
            if position > 0 { try await connection.holdOffArchiving() }
            let registered = try await connection.query(
                Statement.insertMoment, [.text(view), .text(digest), .int8(position)])
            guard let schema = try registered.first?.string("schema_name") else { return true }
            try await GenerationFill(generation.recipe, schema: schema).build(upTo: position, on: connection)
            try await connection.complete(view, upTo: position)
            // Not when the build began: it would be the longest unused by the time that it is there.
            try await connection.query(Statement.touchMoment, [.text(schema)])
            return true
        }
        if isAtHand { await evict() }
        return isAtHand
    }

    /// Drops what is beyond the bounds. A failure is nobody's answer: the next build or sweep tries again.
    func evict() async {
        do {
            try await pool.withTransaction { connection in
                try await connection.set("deploycenter.moments_max", "\(settings.countMax)")
                try await connection.set("deploycenter.moments_bytes", "\(settings.bytesMax)")
                try await connection.set("deploycenter.moments_unused_seconds", "\(settings.unusedSecondsMax)")
                try await connection.execute(script: Statement.evictMoments)
            }
        } catch {
            if !Task.isCancelled { logger.warning("old moments not dropped", metadata: ["error": "\(error)"]) }
        }
    }

    /// A use that is not noted costs at worst a build later on.
    func noteUse(of schema: String) async {
        do throws(PostgresError) {
            try await pool.query(Statement.touchMoment, [.text(schema)])
        } catch {
            logger.debug("use of a moment not noted", metadata: ["error": "\(error)"])
        }
    }
}

extension PostgresConnection {
    /// Makes the schema just built readable by the view's statement and by the readers' role.
    nonisolated func complete(_ view: String, upTo position: Int64) async throws(PostgresError) {
        try await set("deploycenter.view", view)
        try await set("deploycenter.position", "\(position)")
        _ = try await execute(script: Statement.completeSchema)
    }
}
