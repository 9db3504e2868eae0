import Cryptography
import Testing

@Suite struct `Bytes as text` {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"), ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
    func `the examples of RFC 4648 go both ways`(text: String, base64: String, hex: String) {
        let bytes = Array(text.utf8)
        #expect(bytes.base64 == base64)
        #expect(bytes.base64URL == String(base64.prefix { $0 != "=" }))
        #expect(bytes.hex == hex)
        #expect([UInt8](base64: base64) == bytes)
        #expect([UInt8](base64URL: bytes.base64URL) == bytes)
        #expect([UInt8](hex: hex.uppercased()) == bytes)
    }

    @Test func `every length and value goes both ways`() {
        for count in 0...300 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect([UInt8](base64: bytes.base64) == bytes)
            #expect([UInt8](base64URL: bytes.base64URL) == bytes)
            #expect([UInt8](hex: bytes.hex) == bytes)
        }
    }

    @Test func `the two alphabets differ in two digits`() {
        #expect(([0xfb, 0xff] as [UInt8]).base64 == "+/8=")
        #expect(([0xfb, 0xff] as [UInt8]).base64URL == "-_8")
    }

    @Test(arguments: ["Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm9v "])
    func `what is not exactly base64 is refused`(text: String) { #expect([UInt8](base64: text) == nil) }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm+v", "Zm9vY"])
    func `what is not exactly base64url is refused`(text: String) { #expect([UInt8](base64URL: text) == nil) }

    @Test(arguments: ["0", "0g", "é", "0x00"])
    func `what is not pairs of hexadecimal digits is refused`(text: String) { #expect([UInt8](hex: text) == nil) }
}
