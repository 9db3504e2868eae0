import Glibc

/// A port of 127.0.0.1 on which a server is to listen.
package struct LoopbackPort: Sendable {
    package let number: Int

    package init(_ number: Int) { self.number = number }

    /// One that the kernel chooses. Another program may take it before it is used.
    package static func free() throws(LocalPostgresError) -> LoopbackPort {
        guard let port = listened(on: 0) else { throw .failed(what: "Finding a free port", why: "none could be bound") }
        return LoopbackPort(port)
    }

    /// Whether one can listen on it now.
    package var isFree: Bool { Self.listened(on: number) != nil }

    /// Listens and lets go again; answers with the port.
    private static func listened(on port: Int) -> Int? {
        guard let number = in_port_t(exactly: port) else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // As servers do: connections of an earlier one that linger in TIME_WAIT do not hold the port.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, start, length) == 0 && getsockname(descriptor, start, &length) == 0
        }
        guard isBound, listen(descriptor, 1) == 0 else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
