import EventSourcing
import Templating
import Testing

@Suite struct `An expression` {
    @Test func `that is the whole scalar keeps the type of its value`() throws {
        let data = """
              number: "{{ parameters.count1 }}"
              flag: "{{ parameters.flag }}"
              list: "{{ parameters.list }}"
              map: "{{ parameters.map }}"
              compared: "{{ parameters.count1 > 1 }}"
              chosen: "{{ parameters.count1 if parameters.flag else 7 }}"
              sum: "{{ parameters.count1|times:512|plus:1 }}"
              text: "{{ parameters.count1|text }}"
            """
        #expect(
            try Fixture.data(data) == [
                "number": 2, "flag": false, "list": ["a", "b"], "map": ["a": 2, "b": 1], "compared": true, "chosen": 7,
                "sum": 1025, "text": "2",
            ])
    }

    @Test func `inside a text becomes text`() throws {
        let data = """
              a: "x{{ parameters.count1 }}-{{ parameters.flag }} {{ parameters.list|join:',' }}"
              b: "{{ parameters.absent|default:'none' }}!"
              c: "{{ 'password'|goTemplate }}"
              d: "{{ name|uppercase }}{{ customer.id }}{{ release }}"
            """
        #expect(
            try Fixture.data(data) == ["a": "x2-false a,b", "b": "none!", "c": "{{ password }}", "d": "SHOPacme3"])
    }

    @Test(arguments: [
        ("{{ nothing }}", "There is no variable `nothing`"),
        ("{{ parameters.txet }}", "There is no variable `parameters.txet`"),
        ("{{ parameters.absent }}", "`parameters.absent` has no value"), ("{{ name", "A `{{` has no `}}`."),
        ("{{ name|shout }}", "There is no filter `shout`"), ("{{ domain }}", "declare it under `needs`"),
        ("{% include 'a' %}", "Tags `{% … %}` are not supported"), ("{{ }}", "An expression stands between"),
        ("{{ parameters.list.last }}", "is neither a variable nor a value"), ("{{ 'a' 'b' }}", "without an operator"),
        ("a {{ parameters.list }}", "is a list or a map"), ("{{ name|plus:1 }}", "need whole numbers"),
        ("{{ 9223372036854775807|plus:1 }}", "too large"), ("{{ parameters.key }}", "names a secret"),
        ("{{ name if parameters.nope else name }}", "There is no variable `parameters.nope`"),
        ("{{ ( name and name }}", "closing bracket"), ("{{ name and }}", "expression error"),
        ("{{ \"}}\" }}", "is neither"),
    ])
    func `that cannot be evaluated is a problem with a line`(text: String, message: String) {
        let problems = Fixture.problems([
            "base/a.yaml": Fixture.configMap("  a: b\n  c: '\(text.replacing("'", with: "''"))'")
        ])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("base/a.yaml:7: ") == true)
        #expect(problems.first?.contains(message) == true, "\(problems)")
    }

    @Test func `in an overlay or a branch that is not taken is checked as well`() {
        let overlay = Fixture.configMap("  b:\n    $if: parameters.flag\n    c: '{{ nothing }}'")
        #expect(
            Fixture.problems([
                "base/a.yaml": Fixture.configMap("  a: b"), "overlays/production/a.yaml": overlay,
            ]).map { $0.prefix(50) } == ["overlays/production/a.yaml:8: There is no variable"])
    }
}

@Suite struct `The reserved keys` {
    @Test func `take entries, list items and documents away where the condition is false`() throws {
        let text =
            Fixture.configMap(
                """
                  gone: {$if: parameters.flag, a: 1}
                  kept: {$if: not parameters.flag, a: 1}
                  scalar: {$if: parameters.absent, $value: 3}
                  number: {$if: parameters.count1 >= 2, $value: "{{ parameters.count1 }}"}
                  list: [{$if: false, a: 1}, {$if: parameters.text == "hello", b: 1}, {$if: parameters.flag, $value: x}]
                """) + "---\n$if: parameters.flag\n" + Fixture.configMap("  a: b", name: "other")
        let files = try render(Fixture.source(["base/a.yaml": text]), Fixture.input()).files
        #expect(files.keys.sorted() == ["configmap-sample.yaml"])
        #expect(
            try YAMLText.read(files["configmap-sample.yaml"] ?? "", file: "")["data"]
                == ["kept": ["a": 1], "number": 2, "list": [["b": 1]]])
    }

    @Test func `name a digest that changes with the other document's values only`() throws {
        let source = Fixture.source([
            "base/a.yaml": Fixture.configMap("  d: {$digestOf: ConfigMap/other}"),
            "base/b.yaml": Fixture.configMap("  t: '{{ parameters.text }}'", name: "other"),
        ])
        let texts = try [[:], ["count1": 9], ["text": "bye"]].map {
            try render(source, Fixture.input($0)).files["configmap-sample.yaml"]
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test(arguments: [
        ("{$iff: name}", "`$iff` is not known"), ("{$value: 1, a: 2}", "only `$if` may stand"),
        ("{$if: 3}", "`$if` needs"),
        ("{$digestOf: ConfigMap/none}", "There is no document"), ("{$digestOf: ConfigMap/sample}", "its own digest"),
        ("{$if: '{{ name }}'}", "no braces"),
    ])
    func `are refused where they make no sense`(text: String, message: String) {
        let problems = Fixture.problems(["base/a.yaml": Fixture.configMap("  a: \(text)")])
        #expect(problems.count == 1)
        #expect(problems.first?.contains(message) == true, "\(problems)")
    }
}
