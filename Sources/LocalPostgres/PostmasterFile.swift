import FoundationEssentials
import Glibc

/// What a server wrote about itself in `postmaster.pid`: it may have died without removing it, and its process number may
/// by now be somebody else's.
struct PostmasterFile {
    let process: Int32
    let port: Int

    init?(data: String) {
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

/// Ports of 127.0.0.1.
enum Loopback {
    static func freePort() throws(LocalPostgresError) -> Int {
        guard let port = bind(to: 0) else { throw .failed(what: "Finding a free port", why: "none could be bound") }
        return port
    }

    static func isFree(_ port: Int) -> Bool { bind(to: port) != nil }

    /// Binds and lets go again; answers with the port.
    private static func bind(to port: Int) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0, let number = in_port_t(exactly: port) else { return nil }
        defer { close(descriptor) }
        // As the server itself does: connections of an earlier one that linger in TIME_WAIT do not hold the port.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return Glibc.bind(descriptor, start, length) == 0 && getsockname(descriptor, start, &length) == 0
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
