/// Where the project's files are, for tests that read them.
package enum Repository {
    /// The folder that holds `Package.swift`.
    package static let root: String = {
        // …/Tests/TestSupport/Repository.swift
        #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
    }()

    package static let migrations = root + "/Migrations"
}
