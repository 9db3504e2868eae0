/// Why a database and this build do not go together.
package enum MigrationError: Error, Equatable, Sendable, CustomStringConvertible {
    case schemaIsOlder(pending: [String])
    case schemaIsNewer(String)
    case fileChanged(String)
    case sameNumber(in: String)
    case unreadable(String)
    case locked(Duration)

    package var description: String {
        switch self {
        case .schemaIsOlder(let pending):
            "the database is older than this build: \(pending.joined(separator: ", ")) is missing. Run `deploycenter migrate`."
        case .schemaIsNewer(let name):
            "the database is newer than this build: it has \(name). Run a newer build."
        case .fileChanged(let name):
            "\(name) was changed after it was applied. Restore the file, and put the change into a new migration."
        case .sameNumber(let folder): "two migrations in \(folder) have the same number. Give each its own."
        case .locked(let waited):
            """
            another migrator has held the lock for \(waited). Wait for it and run this again; if there is none, a session kept the \
            lock (pg_locks: advisory, objid 3075449967): end it, and migrate over a direct connection, not through a pooler.
            """
        case .unreadable(let path):
            "\(path) cannot be read as migrations. DEPLOYCENTER_HOME must name their folder's parent."
        }
    }
}
