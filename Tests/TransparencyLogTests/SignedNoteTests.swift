import Cryptography
import TestSupport
import Testing
import TransparencyLog

@Suite struct `A signed note` {
    // golang.org/x/mod, sumdb/note/note_test.go.
    private static let signingKey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    private static let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
    private static let text = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    private static let peterLine =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    private static let enochLine =
        "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

    @Test func `is what Go signs with the same key`() throws {
        let key = try NoteSigningKey(Self.signingKey)
        #expect(key.verifierKey.description == Self.peter)
        #expect(key.secretText == Self.signingKey)
        let note = try SignedNote(text: Self.text, signedBy: [key])
        #expect(note.description == Self.text + "\n" + Self.peterLine)
        #expect(try SignedNote(note.description) == note)
    }

    @Test func `is believed when any known key signed it`() throws {
        let (peter, enoch) = (try NoteVerifierKey(Self.peter), try NoteVerifierKey(Self.enoch))
        let note = try SignedNote(Self.text + "\n" + Self.peterLine + Self.enochLine)
        #expect(note.text == Self.text)
        #expect(note.signatures.map(\.name) == ["PeterNeumann", "EnochRoot"])
        #expect(try note.verified(by: [peter]) == [peter])
        #expect(try note.verified(by: [enoch]) == [enoch])
        #expect(try note.verified(by: [enoch, peter]) == [peter, enoch])
        #expect(throws: SignedNoteError.unknownSigners) { try note.verified(by: []) }
        let twice = try SignedNote(Self.text + "\n" + Self.peterLine + Self.peterLine)
        #expect(try twice.verified(by: [peter]) == [peter])
    }

    @Test func `is spoilt by a wrong signature of a known key`() throws {
        let (peter, enoch) = (try NoteVerifierKey(Self.peter), try NoteVerifierKey(Self.enoch))
        let wrong = Self.peterLine.replacing("VBtiFup", with: "VBtiFuq")
        let note = try SignedNote(Self.text + "\n" + wrong + Self.enochLine)
        #expect(throws: SignedNoteError.wrongSignature(by: peter)) { try note.verified(by: [enoch, peter]) }
        #expect(try note.verified(by: [enoch]) == [enoch])
        let other = try SignedNote("Another text.\n\n" + Self.peterLine)
        #expect(throws: SignedNoteError.wrongSignature(by: peter)) { try other.verified(by: [peter]) }
    }

    /// The same name with another id, or the same id with another name, is another key.
    @Test func `says nothing of keys that only look known`() throws {
        let peter = try NoteVerifierKey(Self.peter)
        for line in [
            Self.peterLine.replacing("PeterNeumann", with: "CarmenSandiego"),
            Self.peterLine.replacing("x08g", with: "xxxx"),
        ] {
            let note = try SignedNote(Self.text + "\n" + line)
            #expect(throws: SignedNoteError.unknownSigners) { try note.verified(by: [peter]) }
        }
    }

    @Test(arguments: [
        "", "\n", "\n\n", text, text + "\n", text + "\n" + peterLine.dropLast(), "\u{1}" + text + "\n" + peterLine,
        text + "\r\n" + peterLine, text + "\n" + "— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAc=\n",
        text + "\n" + peterLine + "Unexpected line.\n", text + "\n- a AAAAAAA=\n", text + "\n— a AAAA\n",
        text + "\n— a+b AAAAAAA=\n", text + "\n—  AAAAAAA=\n", text + "\n— a AAAAAAB=\n",
        text + "\n— a\u{a0}b AAAAAAA=\n",
        text + "\n" + String(repeating: "— a AAAAAAA=\n", count: 65),
    ])
    func `has no other form`(text: String) {
        #expect(throws: SignedNoteError.malformed) { try SignedNote(text) }
    }

    @Test func `is valid UTF-8`() {
        #expect(throws: SignedNoteError.malformed) {
            try SignedNote([0xFF] + Array((Self.text + "\n" + Self.peterLine).utf8))
        }
    }

    @Test func `has text with empty lines of its own`() throws {
        let key = try NoteSigningKey.generate(name: "example.com/log")
        let note = try SignedNote(text: "\nOgnuno sta solo\n\ned è subito sera.\n\n", signedBy: [key])
        let read = try SignedNote(note.description)
        #expect(read == note)
        #expect(try read.verified(by: [key.verifierKey]) == [key.verifierKey])
        #expect(throws: SignedNoteError.malformed) { try SignedNote(text: "no line break", signedBy: [key]) }
        #expect(throws: SignedNoteError.malformed) { try SignedNote(text: "x\n", signedBy: []) }
    }

    /// Go's test does the same to its keys.
    @Test(arguments: [peter, signingKey]) func `has no key with a byte lost or changed`(key: String) throws {
        func isKey(_ text: String) -> Bool {
            (try? NoteVerifierKey(text)) != nil || (try? NoteSigningKey(text)) != nil
        }
        let bytes = Array(key.utf8)
        #expect(isKey(key))
        for start in 0..<bytes.count {
            for end in start...bytes.count where start != 0 || end != bytes.count {
                #expect(!isKey(String(decoding: bytes[start..<end], as: UTF8.self)))
            }
            var changed = bytes
            changed[start] += 1
            #expect(!isKey(String(decoding: changed, as: UTF8.self)), "\(start)")
        }
    }

    @Test func `has keys of one algorithm and of one length`() {
        #expect(throws: NoteKeyError.malformed) {
            try NoteVerifierKey("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")
        }
        #expect(throws: NoteKeyError.unknownAlgorithm) {
            try NoteVerifierKey("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        }
        #expect(throws: NoteKeyError.wrongKeyID) {
            try NoteVerifierKey("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        }
        #expect(throws: NoteKeyError.badName) { try NoteSigningKey.generate(name: "a b") }
        #expect(throws: NoteKeyError.badName) { try NoteSigningKey.generate(name: "a+b") }
        #expect(throws: NoteKeyError.badName) { try NoteSigningKey.generate(name: "") }
    }
}

@Suite struct `A checkpoint` {
    private static let root = MerkleHash.leaf(Array("a".utf8))
    private static let rootText = root.bytes.base64

    @Test func `is read as it is written`() throws {
        let checkpoint = Checkpoint(origin: "deploycenter.example.com/log", size: 20_852_163, root: Self.root)
        #expect(checkpoint.text == "deploycenter.example.com/log\n20852163\n\(Self.rootText)\n")
        #expect(try Checkpoint(text: checkpoint.text) == checkpoint)
        let extended = Checkpoint(origin: "o", size: 1, root: Self.root, extensions: ["a b", "c"])
        #expect(try Checkpoint(text: extended.text) == extended)
        #expect(try Checkpoint(text: Checkpoint(origin: "o", size: 0, root: .empty).text).size == 0)
    }

    /// The example of c2sp.org/tlog-checkpoint.
    @Test func `of the specification's example is read`() throws {
        let note = try SignedNote(
            """
            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

            """)
        let checkpoint = try Checkpoint(text: note.text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.root.hex.hasPrefix("0ac5186a91863e8e"))
    }

    @Test(arguments: [
        "", "o\n", "o\n1\n", "o\n1\n\(rootText)", "\n1\n\(rootText)\n", "o\n01\n\(rootText)\n", "o\n-1\n\(rootText)\n",
        "o\n+1\n\(rootText)\n", "o\n\n\(rootText)\n", "o\n1\nAAAA\n", "o\n1\n\(rootText) \n", "o\n1\n\(rootText)\n\n",
        "o\n1\n\(rootText)\n\nx\n", "o\n0\n\(rootText)\n", "o\n18446744073709551616\n\(rootText)\n",
        "o\n1 \n\(rootText)\n",
    ])
    func `has no other form`(text: String) {
        #expect(throws: CheckpointError.malformed) { try Checkpoint(text: text) }
    }

    @Test func `is believed with either key while keys are changed`() throws {
        let (old, new) = (try NoteSigningKey.generate(name: "log"), try NoteSigningKey.generate(name: "log"))
        let checkpoint = Checkpoint(origin: "log", size: 1, root: Self.root)
        let both = try checkpoint.signed(by: [old, new]).description
        for known in [[old.verifierKey], [new.verifierKey], [old.verifierKey, new.verifierKey]] {
            #expect(try Checkpoint(note: both, verifiedBy: known) == checkpoint)
        }
        let after = try checkpoint.signed(by: [new]).description
        #expect(throws: CheckpointError.note(.unknownSigners)) {
            try Checkpoint(note: after, verifiedBy: [old.verifierKey])
        }
        #expect(throws: CheckpointError.note(.wrongSignature(by: new.verifierKey))) {
            try Checkpoint(
                note: after.replacing("\n1\n", with: "\n2\n"), verifiedBy: [old.verifierKey, new.verifierKey])
        }
    }

    @Test func `is not believed for another log`() throws {
        let key = try NoteSigningKey.generate(name: "staging")
        let note = try Checkpoint(origin: "production", size: 1, root: Self.root).signed(by: [key])
        #expect(throws: CheckpointError.otherLog(origin: "production")) {
            try Checkpoint(note: note.description, verifiedBy: [key.verifierKey])
        }
    }
}
