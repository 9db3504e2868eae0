import EventSourcing
import HTTPAPI
import Testing

@Suite struct `JSON from outside` {
    static let readable: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" [ true , false ] ", [true, false]), ("0", 0), ("-0", 0), ("-12", -12),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1.5", 1.5), ("1e3", .number(1000)), ("-2.5E-1", -0.25), ("\"\"", ""), ("{}", [:]), ("[]", []),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"), (#""\u00e9\ud83d\ude00""#, "é😀"), ("\"é😀\"", "é😀"),
        (#"{"a":{"b":[1,{}]},"":null}"#, ["a": ["b": [1, [:]]], "": nil]),
    ]

    @Test(arguments: readable)
    func `what is JSON is read`(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "truE", "[1,]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}",
        "01",
        "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "NaN", "Infinity", "1e999", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\u{01}\"", "\"line\nbreak\"", "1 2", "[]]", "\u{FEFF}1",
        "{\"a\":1,\"a\":2}", "\"\\u0000\"", "// no",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test func `nesting has an end`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONReader.read(nested(64))
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read(nested(65)) }
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([UInt8](repeating: 0x5B, count: 1_000_000)) }
    }

    @Test func `a failure names line and column`() {
        let failure = #expect(throws: JSONReader.Failure.self) {
            try JSONReader.read(Array("{\n \"a\":1,\"a\":2}".utf8))
        }
        #expect(failure?.line == 2)
        #expect(failure?.column == 8)
        #expect(failure?.reason == "the key \"a\" is there twice")
    }

    @Test func `what is written is read as the same`() throws {
        let value: JSONValue = [
            "text": "\"\\/\u{08}\u{1F}é😀\n", "list": [1, -2.5, nil, true, []], "large": .integer(.min), "none": [:],
            "number": .number(1e300),
        ]
        #expect(try JSONReader.read(JSONWriter.write(value)) == value)
    }
}
