import EventSourcing
import Foundation
import Templating
import Testing
import Yams

/// Values that would change a manifest if they were ever read as YAML, as an expression or as a directive.
private let hostile = [
    "", " ", "a\nb: c", "x: y", "- a", "\n---\napiVersion: v1", "'", "\"", "\\", "{{ name }}", "{{ parameters.text }}",
    "{% if %}",
    "#c", "a #b", "&a", "*a", "!!int 3", "| \n a", ">", "null", "~", "true", "no", "y", "1", "1.5", "0x1f", "1_000",
    "1:30",
    "2026-11-23", ".inf", "=", "<<", "$if", "\u{0}", "\u{1}\u{7f}\u{85}", "\u{2028}\u{feff}\u{202e}", "é\u{301}",
    "\t a", "a\r\nb",
    "trailing ", "a\n\n", "\na", " a\nb", "a\n b \nc", "🎈", "%", "@", "`", "...", "---", "a:", "? a", "[", "{", "]",
    "}", ",",
]

private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {  // SplitMix64 (Steele, Lea and Flood, 2014)
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func text() -> String {
        (0..<Int.random(in: 1...4, using: &self)).map { _ in
            if Bool.random(using: &self), let piece = hostile.randomElement(using: &self) { return piece }
            let scalar = Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &self)) ?? "?"
            return String(Character(scalar))
        }.joined(separator: ["", " ", "\n"].randomElement(using: &self) ?? "")
    }
}

@Suite struct `A hostile value` {
    private let source = Fixture.source(["base/a.yaml": Fixture.configMap("  a: '{{ parameters.text }}'\n  b: [1]")])

    private func expectOnlyValue(_ text: String) throws {
        let files = try render(source, Fixture.input(["text": .string(text)])).files
        #expect(files.keys.sorted() == ["configmap-sample.yaml"])
        let documents = try Self.documents(files["configmap-sample.yaml"] ?? "")
        #expect(documents.count == 1)
        #expect(documents.first?.mapping?.keys.map(\.string) == ["apiVersion", "kind", "metadata", "data"])
        #expect(documents.first?["data"]?.mapping?.keys.map(\.string) == ["a", "b"])
        // Unicode scalars: `String` would call two spellings of é equal.
        let read = documents.first?["data"]?["a"]?.scalar
        #expect(read.map { Array($0.string.unicodeScalars) } == Array(text.unicodeScalars))
        #expect(
            documents.first?["data"]?["a"]?.tag == Tag(.str) || read?.style != .plain,
            "read as another type: \(text.debugDescription)")
    }

    /// `compose_all` would end at an error without telling.
    private static func documents(_ text: String) throws -> [Node] {
        let parser = try Yams.Parser(yaml: text)
        var documents: [Node] = []
        while let root = try parser.nextRoot() { documents.append(root) }
        return documents
    }

    @Test(arguments: hostile) func `comes out as the text that went in`(text: String) throws {
        try expectOnlyValue(text)
    }

    @Test func `comes out as the text that went in, whatever is drawn`() throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
        print("SEED=\(seed)")
        var generator = Generator(state: seed)
        for _ in 0..<200 { try expectOnlyValue(generator.text()) }
    }

    @Test(arguments: ["a\nb", "a\rb", "\u{0}", "a\u{85}b"])
    func `of several lines cannot stand inside a text`(text: String) {
        let problems = Fixture.problems(
            ["base/a.yaml": Fixture.configMap("  a: 'x = {{ parameters.text }}'")],
            Fixture.input(["text": .string(text)]))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("cannot stand inside a text") == true)
    }

    @Test func `cannot make Argo CD leave a manifest out`() {
        let problems = Fixture.problems(
            ["base/a.yaml": Fixture.configMap("  a: '{{ parameters.text }}'")],
            Fixture.input(["text": "x +argocd:skip-file-rendering"]))
        #expect(problems.count == 1)
        #expect(problems.first?.contains("would leave configmap-sample.yaml out") == true)
    }

    @Test func `that looks like an expression is not evaluated`() throws {
        let value: JSONValue = [
            "text": "{{ name }}", "map": ["$if": "false", "a": "{{ name }}"], "list": ["{{ name }}"],
        ]
        let data = "  a: 'x{{ parameters.text }}'\n  m: '{{ parameters.map }}'\n  l: '{{ parameters.list }}'"
        #expect(
            try Fixture.data(data, value) == [
                "a": "x{{ name }}", "m": ["$if": "false", "a": "{{ name }}"], "l": ["{{ name }}"],
            ])
    }

    @Test func `does not decide what an overlay merges with`() throws {
        let source = Fixture.source([
            "base/a.yaml": Fixture.configMap(
                "  env: [{name: '{{ parameters.text }}', value: base}, {name: b, value: b}]"),
            "overlays/staging/a.yaml": Fixture.configMap("  env: [{name: b, value: overlay}]"),
        ])
        let text = try render(source, Fixture.input(["text": "b"])).files["configmap-sample.yaml"] ?? ""
        #expect(
            try YAMLText.read(text, file: "")["data"]?["env"]
                == [["name": "b", "value": "base"], ["name": "b", "value": "overlay"]])
    }
}
