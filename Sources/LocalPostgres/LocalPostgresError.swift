/// Why there is no local database, and what to do about it.
package enum LocalPostgresError: Error, Equatable, Sendable {
    case noBinaries(searched: String)
    /// Postgres refuses to run as root, and there is nobody else to run it as.
    case noAccount
    case portInUse(Int)
    case diskFull(directory: String)
    case notStarted(lastLogLines: String)
    /// A program of Postgres, or the file system, said no.
    case failed(what: String, why: String)
}

extension LocalPostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noBinaries(let searched):
            "There are no PostgreSQL server programs in \(searched): `apt-get install -y postgresql` brings them."
        case .noAccount:
            "PostgreSQL does not run as root and there is no account `postgres` or `nobody`: start as another user, or "
                + "`useradd --system postgres`."
        case .portInUse(let port): "Port \(port) is in use: choose another one, or stop what listens there."
        case .diskFull(let directory): "The disk of \(directory) is full: make room, or choose another directory."
        case .notStarted(let lines): "PostgreSQL did not start; its log ends with:\n\(lines)"
        case .failed(let what, let why): "\(what) failed: \(why)"
        }
    }
}
