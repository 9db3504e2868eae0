import EventSourcing
import Foundation
import TestSupport
import Testing

@Suite struct `A JSON value` {
    private func read(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    private func write(_ value: JSONValue) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static let kinds: [(String, JSONValue)] = [
        ("null", JSONValue.null), ("true", true), ("false", false), ("0", 0), ("1", 1), ("-7", -7),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.5", 1.5),
        (#""""#, ""), (#""true""#, "true"), (#""1""#, "1"), (#""a\"b\\ü\n😀""#, "a\"b\\ü\n😀"), ("[]", []), ("{}", [:]),
        (#"[1,[null],{"a":[]}]"#, [1, [nil], ["a": []]]),
        (#"{"a":1,"b":{"c":[true,"x"]}}"#, ["a": 1, "b": ["c": [true, "x"]]]),
    ]

    @Test(arguments: kinds)
    func `keeps the kind of what it reads`(_ text: String, _ value: JSONValue) throws {
        #expect(try read(text) == value)
        #expect(try read(write(value)) == value)
    }

    @Test func `beyond 64 bits is a floating-point number`() throws {
        #expect(try read("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try read("1e300") == .number(1e300))
    }

    @Test func `that is a whole floating-point number is written, and so read, as an integer`() throws {
        #expect(try read(write(.number(2))) == .integer(2))
    }

    @Test(arguments: ["", "{", "[1;2]", "nul", #"{"a"}"#, "'a'"])
    func `is not read from what is not JSON`(_ text: String) {
        #expect(throws: (any Error).self) { try read(text) }
    }

    @Test func `gives its parts only as what they are`() {
        let value: JSONValue = ["s": "x", "b": true, "i": 3, "a": [1], "o": ["k": nil]]
        #expect(value["s"]?.string == "x")
        #expect(value["b"]?.bool == true)
        #expect(value["i"]?.integer == 3)
        #expect(value["a"]?.array == [1])
        #expect(value["o"]?.object == ["k": nil])
        #expect(value["o"]?["k"] == .null)
        #expect(value["missing"] == nil)
        #expect(value["s"]?["k"] == nil)
        #expect(value["i"]?.string == nil)
        #expect(value["b"]?.integer == nil)
        #expect(JSONValue.integer(1) != .bool(true))
    }

    @Test func `keeps the last of equal keys in a literal`() {
        let value: JSONValue = ["a": 1, "a": 2]
        #expect(value == ["a": 2])
    }

    @Test func `comes back as it was written, whatever it holds`() throws {
        var random = SeededRandom(for: "comes back as it was written, whatever it holds")
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 4, using: &random)
            #expect(try read(write(value)) == value, "SEED=\(random.seed)")
        }
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(.random(in: .min ... .max, using: &random))
        case 3: .number(Double.random(in: -1e6...1e6, using: &random) + 0.000_123)
        case 4: .string(text(using: &random))
        case 5:
            .array((0..<Int.random(in: 0...3, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            .object(
                Dictionary(
                    (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        (text(using: &random), .random(depth: depth - 1, using: &random))
                    }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Any characters but surrogates, which no Swift string holds.
    private static func text(using random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            text.append(Unicode.Scalar(UInt32.random(in: 0...0x10_FFFF, using: &random)) ?? "\u{0}")
        }
        return String(text)
    }
}
