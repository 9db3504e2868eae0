import EventSourcing
import FoundationEssentials
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A definition on disk` {
    @Test func `is read with its digest, which changes with every file`() throws {
        try withFolder { folder in
            try write(
                ["projection.yaml": heading, "tables.sql": "CREATE TABLE trees ();", "fold.sql": "SELECT;"], in: folder)
            let first = try #require(try ProjectionDefinition.load(folder: folder).first)
            #expect(first.name == "trees")
            #expect(first.eventTypes == ["tree.planted"])
            var digests: Set = [first.digest]
            for change in [
                ["fold.sql": "SELECT; "], ["tables.sql": "CREATE TABLE trees (); "],
                ["projection.yaml": heading + "\n"],
            ] {
                try write(change, in: folder)
                digests.insert(try #require(try ProjectionDefinition.load(folder: folder).first).digest)
            }
            #expect(digests.count == 4)
        }
    }

    @Test func `is refused with all its problems, each with file and line`() throws {
        try withFolder { folder in
            try write(
                [
                    "projection.yaml":
                        "name: bushes\npurpse: x\nevents:\n  - planted\n  - tree.planted\n  - tree.planted\n",
                    "fold.sql": "-- now() is fine here\nINSERT INTO trees SELECT now();\nCOMMIT;\n",
                ], in: folder)
            let error = #expect(throws: InvalidProjections.self) { try ProjectionDefinition.load(folder: folder) }
            #expect(
                error?.problems.map { "\($0.file):\($0.line ?? 0)" } == [
                    "trees/tables.sql:0", "trees/projection.yaml:2", "trees/projection.yaml:0",
                    "trees/projection.yaml:4", "trees/projection.yaml:6", "trees/fold.sql:2", "trees/fold.sql:3",
                ])
        }
    }

    @Test func `belongs to a folder that is there`() {
        #expect(throws: InvalidProjections.self) { try ProjectionDefinition.load(folder: "/nowhere") }
    }

    private let heading = "name: trees\npurpose: Which trees there are.\nevents: [tree.planted]\n"

    private func write(_ files: [String: String], in folder: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/trees", withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/trees/\(name)"))
        }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/projections-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Left-overs in /tmp harm nobody.
        try body(folder)
    }
}
