import Cryptography
import Testing
import TransparencyLog

@Suite struct `Canonical JSON` {
    private func canonical(_ text: String) throws(CanonicalJSONError) -> String {
        String(decoding: try CanonicalJSON.bytes(ofJSON: text), as: UTF8.self)
    }

    /// RFC 8785, 3.2.2 to 3.2.4, and the test data beside its reference implementation
    /// (github.com/cyberphone/json-canonicalization, testdata).
    @Test(arguments: [
        (
            #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#,
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        ),
        (
            #"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#,
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        ),
        (
            #"{"\u20ac": "Euro Sign", "1": "One", "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley", "</script>": "Browser Challenge"}"#,
            "{\"1\":\"One\",\"</script>\":\"Browser Challenge\",\"\u{80}\":\"Control\u{7f}\",\"€\":\"Euro Sign\",\"😂\":\"Smiley\"}"
        ),
        (
            #"{"1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ {"e": "yes","E": "no" } ], "A": { }}"#,
            #"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}"#
        ),
        (#"[56, {"d": true, "10": null, "1": [ ]}]"#, #"[56,{"1":[],"10":null,"d":true}]"#),
        (
            #"{"peach": "This sorting order", "péché": "is wrong according to French", "pêche": "but canonicalization MUST", "sin":   "ignore locale"}"#,
            #"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}"#
        ),
        (#"{"Unnormalized Unicode":"A\u030a"}"#, "{\"Unnormalized Unicode\":\"A\u{30a}\"}"),
    ])
    func `of the published examples is the published one`(text: String, expected: String) throws {
        #expect(Array(try canonical(text).utf8) == Array(expected.utf8))
        #expect(Array(try canonical(expected).utf8) == Array(expected.utf8))
    }

    /// RFC 8785, appendix B, and the samples of the reference implementation's hundred million.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"), (0x4340_0000_0000_0001, "9007199254740994"),
            (0x4340_0000_0000_0002, "9007199254740996"),
        ] as [(UInt64, String)])
    func `of the published numbers is the published one`(bits: UInt64, expected: String) throws {
        #expect(CanonicalJSON.number(Double(bitPattern: bits)) == expected)
        #expect(try canonical(expected) == expected)
    }

    @Test(arguments: [
        ("-0", "0"), ("-0.0", "0"), ("0.0", "0"), ("1.0", "1"), ("-1", "-1"), ("10", "10"), ("1e5", "100000"),
        ("999999999999999", "999999999999999"), ("-999999999999999", "-999999999999999"),
        ("9007199254740993", "9007199254740992"), ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("1e-400", "0"), ("-1e-400", "0"), ("1E+2", "100"),
        (
            "[1e20,1e20,1e20,1e20,1e20,1e20,1e20,1e20]",
            "[" + String(repeating: "100000000000000000000,", count: 7) + "100000000000000000000]"
        ),
    ])
    func `writes numbers as ECMAScript does`(text: String, expected: String) throws {
        #expect(try canonical(text) == expected)
    }

    @Test func `leaves characters as they are, but for those that must be escaped`() throws {
        let raw =
            "\""
            + String(
                String.UnicodeScalarView(
                    (0x20...0x2FF).compactMap(Unicode.Scalar.init)
                        .filter { $0 != "\"" && $0 != "\\" })) + "\u{FFFF}\u{10FFFF}\""
        #expect(try canonical(raw) == raw)
        let escaped =
            "\""
            + raw.unicodeScalars.dropFirst().dropLast().map { scalar in
                String(scalar).utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }.joined()
            }.joined() + "\""
        #expect(try canonical(escaped) == raw)
        #expect(try canonical(#""\b\f\n\r\t\"\\\/\u0001\u001F""#) == #""\b\f\n\r\t\"\\/\u0001\u001f""#)
        #expect(try canonical(#""\u0008\u000c\u000a\u000d\u0009\u0022\u005C""#) == #""\b\f\n\r\t\"\\""#)
    }

    /// In UTF-16, U+1F600 (D83D …) comes before U+FB33, and an escaped control before a space.
    @Test func `sorts keys by their UTF-16 code units`() throws {
        #expect(
            try canonical(#"{"\ufb33": 1, "😀": 2, " ": 3, "\u0001": 4, "a": 5, "\"": 6, "\\": 7, "aa": 8, "Z": 9}"#)
                == "{\"\\u0001\":4,\" \":3,\"\\\"\":6,\"Z\":9,\"\\\\\":7,\"a\":5,\"aa\":8,\"😀\":2,\"\u{fb33}\":1}")
    }

    @Test(arguments: [
        "", " ", "{", "[", "]", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}",
        "{\"a\":1 \"b\":2}", "tru", "truE", "nul", "True", "01", "-", "-01", "+1", ".5", "1.", "1.e1", "1e", "1e+",
        "0x1",
        "NaN", "Infinity", "-Infinity", "1 2", "null,", "\"", "\"abc", "\"\\", "\"\\\"", "\"\\x41\"", "\"\\u12\"",
        "\"\\u12G4\"", "\"\\u 123\"", "'a'", "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"", "\u{feff}1", "1\u{0}", "[1]]",
        "{}{}",
        "/* */ 1", "\u{a0}1", "\"abcdefgh\u{1f}\"",
    ])
    func `is refused for what is not JSON`(text: String) {
        #expect {
            _ = try CanonicalJSON.bytes(ofJSON: text)
        } throws: { error in
            if case CanonicalJSONError.notJSON = error { true } else { false }
        }
    }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\udc00\ud800""#, #"{"\ud83d":1}"#,
        #""\ud800\n""#,
    ])
    func `is refused for half a surrogate pair`(text: String) {
        #expect {
            _ = try CanonicalJSON.bytes(ofJSON: text)
        } throws: { error in
            if case CanonicalJSONError.notUnicode = error { true } else { false }
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xE2, 0x82, 0x41],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
        ] as [[UInt8]])
    func `is refused for invalid UTF-8`(bytes: [UInt8]) {
        for text in [[0x22] + bytes + [0x22], [0x22] + Array("abcdefgh".utf8) + bytes + [0x22], [0x22] + bytes] {
            #expect {
                _ = try CanonicalJSON.bytes(ofJSON: text)
            } throws: { error in
                if case CanonicalJSONError.notUnicode = error { true } else { false }
            }
        }
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"{"":1,"x":{},"":2}"#, #"{"x":{"\n":1,"\u000a":2}}"#,
    ])
    func `is refused for an object that has a key twice`(text: String) {
        #expect {
            _ = try CanonicalJSON.bytes(ofJSON: text)
        } throws: { error in
            if case CanonicalJSONError.duplicateKey = error { true } else { false }
        }
    }

    @Test func `is refused beyond 128 levels, and for numbers that no double can say`() throws {
        let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        #expect(try canonical(deep(128)) == deep(128))
        #expect(throws: CanonicalJSONError.tooDeep(offset: 128)) { try canonical(deep(129)) }
        #expect(throws: CanonicalJSONError.numberOutOfRange(offset: 1)) { try canonical("[1e309]") }
        #expect(throws: CanonicalJSONError.numberOutOfRange(offset: 0)) {
            try canonical("-1" + String(repeating: "0", count: 400))
        }
    }

    @Test func `has the digest of its bytes, whichever way the text comes`() throws {
        let text = #"{"b": 1.0, "a": "é"}"#
        // printf '{"a":"é","b":1}' | sha256sum
        let digest = "aa58fba8483623bed37c1b02edfccbdd9a53123837c20bfa4cb4049993a2872e"
        #expect(try CanonicalJSON.digest(ofJSON: text).hex == digest)
        #expect(try CanonicalJSON.digest(ofJSON: Array(text.utf8)).hex == digest)
    }
}
