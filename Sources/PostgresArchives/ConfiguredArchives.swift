package import Application
import EventSourcing
import Foundation
package import Postgres

/// The folder of archives as it is configured, held against what the database says is archived.
package struct ConfiguredArchives: ArchiveShelf {
    private let pool: PostgresPool
    private let folder: String?
    private let setting: String

    /// - Parameters:
    ///   - folder: nil if none is configured.
    ///   - setting: what an administrator has to set, for those who miss a file.
    package init(pool: PostgresPool, folder: String?, setting: String) {
        self.pool = pool
        self.folder = folder
        self.setting = setting
    }

    package func open() async throws(EventArchiveError) -> any EventArchives {
        let files: [(range: String, name: String)]
        do throws(PostgresError) {
            files = try await pool.query(Statement.archives).map { row throws(PostgresError) in
                (
                    range: "positions \(try row.int64("first_position")) to \(try row.int64("last_position"))",
                    name: try row.string("file")
                )
            }
        } catch {
            throw EventArchiveError(error)
        }
        guard let folder else {
            let first = files.first.map { "\($0.name) (\($0.range))" } ?? "an archive"
            throw .missing("\(first), for \(setting) names no folder: it")
        }
        for file in files {
            for name in [file.name, ArchiveManifest.manifestFile(of: file.name)]
            where !FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
                throw .missing("\(name) (\(file.range)) in \(folder), the folder that \(setting) names,")
            }
        }
        return try ArchiveFolder(path: folder)
    }
}
