import FoundationEssentials
import Glibc
import Subprocess

/// The server's programs on this machine, and the account under which they agree to run.
struct ServerPrograms: Sendable {
    let folder: String
    /// Nil runs them as ourselves.
    let account: ServerAccount?

    struct Run: Sendable {
        let succeeded: Bool
        let output: String
    }

    /// The newest of Debian's versions, or whatever `PATH` names.
    static func find() throws(LocalPostgresError) -> ServerPrograms {
        let debian = "/usr/lib/postgresql"
        // A missing folder has no versions.
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []).compactMap { Int($0) }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = versions.sorted(by: >).map { "\(debian)/\($0)/bin" } + path.split(separator: ":").map(String.init)
        let folder = folders.first { access($0 + "/initdb", X_OK) == 0 && access($0 + "/pg_ctl", X_OK) == 0 }
        guard let folder else { throw .noBinaries(searched: "\(debian)/*/bin and PATH") }
        return ServerPrograms(folder: folder, account: geteuid() == 0 ? try ServerAccount.find() : nil)
    }

    func run(_ program: String, _ arguments: [String]) async throws(LocalPostgresError) -> Run {
        var command = ["\(folder)/\(program)"] + arguments
        if let account {
            let drop = ["--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups"]
            command = ["setpriv"] + drop + command
        }
        // `env` runs a program by its path, and our own working directory may be closed to the account.
        command = ["--chdir=/"] + command
        do {
            // The server outlives `pg_ctl` and writes to its log, so it does not hold the pipe open.
            let result = try await Subprocess.run(
                .name("env"), arguments: Arguments(command), output: .string(limit: 1 << 20), error: .combinedWithOutput
            )
            let isSuccess = result.terminationStatus.isSuccess
            return Run(succeeded: isSuccess, output: result.standardOutput)
        } catch {
            throw .failed(what: "Running \(program)", why: "\(error)")
        }
    }
}

/// Somebody other than root, as whom the server runs when we are root.
struct ServerAccount: Sendable {
    let user: UInt32
    let group: UInt32

    static func find() throws(LocalPostgresError) -> ServerAccount {
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerAccount(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
            }
        }
        throw .noAccount
    }

    func own(_ path: String, mode: mode_t) throws(LocalPostgresError) {
        guard chown(path, user, group) == 0, chmod(path, mode) == 0 else {
            throw .failed(what: "Giving \(path) to the server's account", why: String(cString: strerror(errno)))
        }
    }
}

extension LocalPostgres {
    /// Where the programs lie that come with the server, such as `psql` and `pgbench`.
    package static func programFolder() throws(LocalPostgresError) -> String { try ServerPrograms.find().folder }
}
