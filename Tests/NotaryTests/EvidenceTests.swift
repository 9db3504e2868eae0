import Application
import Cryptography
import EventSourcing
import PostgresTransparencyLog
import TestSupport
import Testing
import TransparencyLog

@Suite struct `Evidence` {
    @Test func `proves each event in every tree that holds it`() async throws {
        try await withSignedLog { log in
            try await log.append(300)
            try await withNotary(log) { try await log.signed(300) }
            for (position, size) in [(1, 1), (1, 300), (257, 300), (300, 300), (100, 256), (256, 257)]
                as [(Int64, Int64)]
            {
                let proof = try await log.auditLog.inclusionProof(of: Position(position), treeSize: size)
                let leaf = MerkleHash.leaf(Array(proof.entry.utf8))
                #expect(leaf.hex == proof.leafHash)
                #expect(
                    MerkleProof.proves(
                        leaf, at: UInt64(position - 1), inTreeOf: UInt64(size), root: try hash(proof.root),
                        by: try proof.path.map(hash)))
            }
            await #expect(throws: AuditError.outOfRange(treeSize: 300)) {
                try await log.auditLog.inclusionProof(of: Position(301), treeSize: nil)
            }
        }
    }

    @Test func `serves tiles and entries that give the signed root`() async throws {
        try await withSignedLog { log in
            try await log.append(300)
            try await withNotary(log) { try await log.signed(300) }
            var leaves: [MerkleHash] = []
            for (index, width) in [(0, 256), (1, 44)] {
                let bundle = try #require(try await log.auditLog.entryBundle(index: Int64(index), width: width))
                leaves += try #require(EntryBundle.entries(in: bundle)).map { MerkleHash.leaf($0) }
                let tile = try #require(try await log.auditLog.tile(level: 0, index: Int64(index), width: width))
                #expect([MerkleHash](tile: tile) == Array(leaves.suffix(width)))
            }
            #expect(MerkleTree.root(of: leaves).hex == (try await log.auditLog.latestCheckpoint())?.root)
            #expect(try await log.auditLog.tile(level: 1, index: 0, width: 1) != nil)
            #expect(try await log.auditLog.tile(level: 1, index: 0, width: 2) == nil)
            #expect(try await log.auditLog.tile(level: 0, index: 1, width: 45) == nil)
            #expect(try await log.auditLog.entryBundle(index: 1, width: 45) == nil)
        }
    }

    @Test func `of a customer holds its streams, its deployments and their domain names, and no others`() async throws {
        try await withSignedLog { log in
            try await log.append(6)  // customers acme, globex and initech
            try await log.append(4, to: "deployment", ids: ["acme-shop-production", "acmecorp-shop-production"])
            try await withNotary(log) { try await log.signed(10) }
            #expect(try await streams(log, .customer("acme")) == ["customer-acme", "deployment-acme-shop-production"])
            #expect(
                try await streams(log, .deployment("acmecorp-shop-production")) == [
                    "deployment-acmecorp-shop-production"
                ])
            #expect(try await streams(log, .positions(1...10)).count == 5)
            await #expect(throws: AuditError.nothingSelected) { try await log.auditLog.bundle(of: .customer("nobody")) }
        }
    }

    /// The streams of a bundle that holds.
    private func streams(_ log: SignedLog, _ selection: AuditSelection) async throws -> Set<String> {
        let bundle = try await log.auditLog.bundle(of: selection)
        #expect(AuditBundleCheck.findings(in: bundle, keys: log.keys.verifiers) == [])
        var streams: Set<String> = []
        for line in bundle.split(separator: 0x0A).dropFirst() {
            let text = String(decoding: line, as: UTF8.self)
            if let name = text.split(separator: #""stream":""#).dropFirst().first {
                streams.insert(String(name.prefix { $0 != "\"" }))
            }
        }
        return streams
    }
}

@Suite struct `Witnesses` {
    @Test func `are given checkpoints, which verification compares`() async throws {
        try await withSignedLog { log in
            let witness = RememberingWitness()
            try await log.append(5)
            try await withNotary(log, witnesses: [witness]) {
                try await eventually("witnessed") { try await log.auditLog.status().witnessed["memory"] == 5 }
            }
            let result = try await log.auditLog(witnesses: [witness]).verify(AuditVerificationRequest()) { _ in }
            #expect(result.findings == [])
            #expect(result.witnessed == ["memory": 1])
        }
    }

    @Test func `notice a log that was replaced as a whole by somebody with the key`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await log.append(5)
            try await withNotary(log, witnesses: [witness]) {
                try await eventually("witnessed") { try await log.auditLog.status().witnessed["memory"] == 5 }
            }
            try await withSignedLog { forged in
                try await forged.append(7)
                try await withNotary(forged, keys: log.keys) { try await forged.signed(7) }
                let auditLog = PostgresAuditLog(pool: forged.pool, keys: log.keys, witnesses: [witness])
                let result = try await auditLog.verify(AuditVerificationRequest()) { _ in }
                #expect(result.findings.map(\.kind) == [.witnessDisagrees])
                #expect(result.firstBadPosition == 1)
            }
        }
    }

    @Test func `notice a log that was cut off together with its checkpoints`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await log.append(5)
            try await withNotary(log, witnesses: [witness]) {
                try await eventually("witnessed") { try await log.auditLog.status().witnessed["memory"] == 5 }
            }
            try await withSignedLog { empty in
                let auditLog = PostgresAuditLog(pool: empty.pool, keys: log.keys, witnesses: [witness])
                let result = try await auditLog.verify(AuditVerificationRequest()) { _ in }
                #expect(result.findings.map(\.kind) == [.logTruncated])
                #expect(result.firstBadPosition == 1)
            }
        }
    }

    @Test func `that cannot be reached are named, and the rest is verified`() async throws {
        try await withSignedLog { log in
            try await log.append(5)
            try await withNotary(log) { try await log.signed(5) }
            let result = try await log.auditLog(witnesses: [AbsentWitness()]).verify(AuditVerificationRequest()) { _ in
            }
            #expect(result.findings == [])
            #expect(result.unreachable.keys.sorted() == ["absent"])
        }
    }
}

private func hash(_ hex: String) throws -> MerkleHash { try #require([UInt8](hex: hex).flatMap { MerkleHash($0) }) }
