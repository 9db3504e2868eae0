import Application
import Foundation
import Glibc

/// Files that are there wholly or not at all, also after the power went.
enum ArchiveDisk {
    static func read(_ path: String) throws(EventArchiveError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw .missing(path) }
        return Array(data)
    }

    static func read(_ path: String, offset: Int, count: Int) throws(EventArchiveError) -> [UInt8] {
        do {
            guard let file = FileHandle(forReadingAtPath: path) else { throw EventArchiveError.missing(path) }
            try file.seek(toOffset: UInt64(offset))
            let bytes = Array(try file.read(upToCount: count) ?? Data())
            try file.close()
            guard bytes.count == count else {
                throw EventArchiveError.damaged(file: path, reason: "it ends before its manifest says")
            }
            return bytes
        } catch let error as EventArchiveError {
            throw error
        } catch {
            throw .unavailable(reason: "\(path) cannot be read: \(error)")
        }
    }

    /// An empty file for what `write` adds, which is on the disk when this returns.
    static func writing(
        _ path: String, _ write: (FileHandle) async throws(EventArchiveError) -> Void
    ) async throws(EventArchiveError) {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw .unavailable(reason: "\(path) cannot be made") }
        try await write(file)
        do {
            try file.synchronize()
            try file.close()
        } catch {
            throw .unavailable(reason: "\(path) cannot be written: \(error)")
        }
    }

    static func append(_ bytes: [UInt8], to file: FileHandle) throws(EventArchiveError) {
        do {
            try file.write(contentsOf: Data(bytes))
        } catch {
            throw .unavailable(reason: "the archive cannot be written: \(error)")
        }
    }

    /// Gives a file its final name, which stays after this returns.
    static func rename(_ old: String, to new: String, in folder: String) throws(EventArchiveError) {
        guard Glibc.rename("\(folder)/\(old)", "\(folder)/\(new)") == 0 else {
            throw .unavailable(reason: "\(old) cannot be renamed: errno \(errno)")
        }
        let directory = open(folder, O_RDONLY)
        defer { close(directory) }
        guard directory >= 0, fsync(directory) == 0 else {
            throw .unavailable(reason: "\(folder) cannot be synchronised: errno \(errno)")
        }
    }
}
