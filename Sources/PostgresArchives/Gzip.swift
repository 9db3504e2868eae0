import Application
import Subprocess

/// Compresses with the `gzip` program, which every system has: no library for it is among ours, and a chunk takes longer to compress
/// than a process to start.
enum Gzip {
    /// Chunks are a few megabytes; events of megabytes make larger ones.
    private static let bytesMax = 2 << 30

    /// Without name and time, so that equal bytes stay equal.
    static func compressed(_ bytes: [UInt8]) async throws(EventArchiveError) -> [UInt8] {
        try await run(["-6", "--no-name", "--stdout"], bytes)
    }

    static func decompressed(_ bytes: [UInt8]) async throws(EventArchiveError) -> [UInt8] {
        try await run(["--decompress", "--stdout"], bytes)
    }

    private static func run(_ arguments: [String], _ bytes: [UInt8]) async throws(EventArchiveError) -> [UInt8] {
        do {
            let result = try await Subprocess.run(
                .name("gzip"), arguments: Arguments(arguments), input: .array(bytes), output: .bytes(limit: bytesMax),
                error: .string(limit: 4096))
            guard result.terminationStatus.isSuccess else {
                throw EventArchiveError.unavailable(reason: "gzip failed: \(result.standardError)")
            }
            return result.standardOutput
        } catch let error as EventArchiveError {
            throw error
        } catch {
            throw .unavailable(reason: "gzip cannot be run: \(error)")
        }
    }
}
