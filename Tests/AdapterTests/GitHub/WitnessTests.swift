import Application
import GitHub
import Testing

@Suite struct `Checkpoints in the deployments repository` {
    @Test func `are committed beside one another, and read back`() async throws {
        try await GitHubLoopback.run { gitHub in
            let witness = RepositoryWitness(try gitHub.repository())
            #expect(try await witness.notes() == [])
            let notes = [5, 12].map { AuditCheckpoint(treeSize: $0, root: "00", note: "log\n\($0)\nAA==\n\n— log ä\n") }
            for note in notes { try await witness.publish(note) }
            let count = try await gitHub.commitCount()
            try await witness.publish(notes[0])
            #expect(try await gitHub.commitCount() == count)
            #expect(try await witness.notes().sorted() == notes.map(\.note).sorted())
            #expect(try await gitHub.git("show", "main:audit/checkpoints/12/checkpoint") == notes[1].note)
        }
    }

    @Test func `never take the place of another of the same size`() async throws {
        try await GitHubLoopback.run { gitHub in
            let witness = RepositoryWitness(try gitHub.repository())
            let first = AuditCheckpoint(treeSize: 5, root: "00", note: "log\n5\nAA==\n\n— log ä\n")
            let other = AuditCheckpoint(treeSize: 5, root: "01", note: "log\n5\nAQ==\n\n— log ä\n")
            #expect(try await witness.publish(first) == first.note)
            let count = try await gitHub.commitCount()
            #expect(try await witness.publish(other) == first.note)
            #expect(try await gitHub.commitCount() == count)
            #expect(try await witness.notes() == [first.note])
        }
    }

    @Test func `are read from the latest backwards, in growing steps`() {
        let paths = (1...100).map { "\($0 * 10)/checkpoint" } + ["README.md", "x/checkpoint"]
        let sizes = CheckpointSelection.paths(paths).compactMap { Int($0.prefix { $0 != "/" }) }
        #expect(sizes == (85...100).reversed().map { $0 * 10 } + [840, 680, 360])
    }
}
