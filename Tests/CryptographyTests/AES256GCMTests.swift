import Cryptography
import Testing

@Suite struct `AES-256-GCM` {
    /// NIST's GCM submission (McGrew and Viega, appendix B), cases 13 to 16: key, nonce, plaintext, associated data, sealed.
    static let vectors = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
            "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
            "00000000000000000000000000000000", "",
            "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
                + "b094dac5d93471bdec1a502270e3cc6c"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: vectors)
    func `NIST's plaintexts are sealed as published, and open again`(
        key: String, nonce: String, plaintext: String, associatedData: String, sealed: String
    ) throws {
        let keyBytes = try #require([UInt8](hex: key))
        let associated = try #require([UInt8](hex: associatedData))
        let box = try AES256GCM.seal(
            #require([UInt8](hex: plaintext)), key: keyBytes, nonce: #require([UInt8](hex: nonce)),
            associatedData: associated)
        #expect(box.hex == nonce + sealed)
        #expect(try AES256GCM.open(box, key: keyBytes, associatedData: associated).hex == plaintext)
    }

    @Test func `any changed byte is noticed`() throws {
        let key = SecureRandom.bytes(32)
        let sealed = try AES256GCM.seal(Array("Ana Pérez".utf8), key: key, associatedData: [7])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x80
            #expect(throws: CryptographyError.notAuthentic, "byte \(index)") {
                try AES256GCM.open(changed, key: key, associatedData: [7])
            }
        }
        #expect(throws: CryptographyError.notAuthentic) { try AES256GCM.open(sealed, key: key, associatedData: [8]) }
        #expect(throws: CryptographyError.notAuthentic) {
            try AES256GCM.open(sealed, key: SecureRandom.bytes(32), associatedData: [7])
        }
        #expect(throws: CryptographyError.notAuthentic) {
            try AES256GCM.open(Array(sealed.prefix(27)), key: key, associatedData: [7])
        }
    }

    @Test func `the same text is sealed differently each time`() throws {
        let key = SecureRandom.bytes(32)
        let boxes = try (0..<50).map { _ in try AES256GCM.seal([1, 2, 3], key: key) }
        #expect(Set(boxes).count == 50)
    }

    @Test func `a key of another length is refused`() {
        #expect(throws: CryptographyError.badKeyLength(expected: 32, actual: 16)) {
            try AES256GCM.seal([], key: SecureRandom.bytes(16))
        }
    }
}
