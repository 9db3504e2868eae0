import FoundationEssentials
import Glibc

/// What a server wrote about itself in `postmaster.pid`: it may have died without removing it, and its process number may
/// by now be somebody else's.
struct PostmasterFile {
    let process: Int32
    let port: Int

    init?(data: String) {
        // Without a file that can be read, no server of ours runs.
        guard let text = try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8) else { return nil }
        // Lines: process, data directory, start time, port (PostgreSQL's source, utils/pidfile.h).
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, let process = Int32(lines[0]), process > 0, let port = Int(lines[3]) else { return nil }
        self.process = process
        self.port = port
    }

    /// Whether that process is a server on this very directory: servers work with the data directory as their own.
    func isAlive(data: String) -> Bool {
        guard kill(process, 0) == 0 || errno == EPERM else { return false }
        guard let place = realpath("/proc/\(process)/cwd", nil), let ours = realpath(data, nil) else { return false }
        defer {
            free(place)
            free(ours)
        }
        return strcmp(place, ours) == 0
    }
}
