import EventSourcing
import JSONSchema
import Templating
import Testing

@Suite struct `An overlay` {
    private func render(_ base: String, _ overlays: [String: String], environment: String = "staging") throws
        -> JSONValue?
    {
        var files = ["base/a.yaml": Fixture.configMap(base)]
        for (folder, data) in overlays { files["overlays/\(folder)/a.yaml"] = Fixture.configMap(data) }
        let text = try Templating.render(Fixture.source(files), Fixture.input(environment: environment))
            .files["configmap-sample.yaml"]
        return try YAMLText.read(text ?? "", file: "")["data"]
    }

    @Test func `merges maps, replaces scalars and plain lists, and removes by null`() throws {
        #expect(
            try render(
                "  m: {a: 1, b: 2, c: {d: 1}}\n  l: [1, 2]\n  o: 1",
                ["staging": "  m: {a: 3, b: null, c: {e: 2}}\n  l: [3]\n  x: null"])
                == ["m": ["a": 3, "c": ["d": 1, "e": 2]], "l": [3], "o": 1])
    }

    @Test func `merges lists of maps by name, or by mountPath where each has one`() throws {
        #expect(
            try render(
                "  c: [{name: a, v: 1}, {name: b, v: 1}]\n  m: [{name: x, mountPath: /1}, {name: x, mountPath: /2}]\n  p: [{port: 1}]",
                ["staging": "  c: [{name: b, v: 2}, {name: c}]\n  m: [{name: z, mountPath: /2}]\n  p: [{port: 2}]"])
                == [
                    "c": [["name": "a", "v": 1], ["name": "b", "v": 2], ["name": "c"]],
                    "m": [["name": "x", "mountPath": "/1"], ["name": "z", "mountPath": "/2"]], "p": [["port": 2]],
                ])
    }

    @Test func `of the size is merged after that of the environment, and others are not`() throws {
        let overlays = ["staging": "  a: 1\n  b: 1", "small": "  b: 2", "large": "  b: 3", "production": "  a: 4"]
        #expect(try render("  a: 0", overlays) == ["a": 1, "b": 2])
        #expect(try render("  a: 0", overlays, environment: "production") == ["a": 4, "b": 2])
    }

    @Test func `adds documents that the base does not have`() throws {
        let files = [
            "base/a.yaml": Fixture.configMap("  a: 1"),
            "overlays/staging/b.yaml": Fixture.configMap("  a: 1", name: "more"),
        ]
        #expect(
            try Templating.render(Fixture.source(files), Fixture.input()).files.keys.sorted()
                == ["configmap-more.yaml", "configmap-sample.yaml"])
    }
}

@Suite struct `A template` {
    @Test func `is written in a fixed order and quotes what could be misread`() throws {
        let text = """
            # Comments are for the author.
            metadata: {name: sample, labels: {b: "1", a: yes-man}}
            data: {z: "on", i: |
              two
              lines
            , x: "", w: [], v: {}, u: [[1, 2], {a: 1, b: 2}], t: 1.5, s: "a: b", "r r": null, q: "*/5 * * * *"}
            kind: ConfigMap
            apiVersion: v1
            """
        let expected = """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: sample
              labels:
                b: "1"
                a: yes-man
            data:
              z: "on"
              i: |
                two
                lines
              x: ""
              w: []
              v: {}
              u:
                - - 1
                  - 2
                - a: 1
                  b: 2
              t: 1.5
              s: "a: b"
              r r: null
              q: "*/5 * * * *"

            """
        let data = text.replacing("i: |\n  two\n  lines\n,", with: "i: \"two\\nlines\\n\",")
        let files = try render(Fixture.source(["base/a.yaml": data]), Fixture.input()).files
        #expect(files["configmap-sample.yaml"] == expected)
    }

    @Test func `gives the same bytes and digest for the same input`() throws {
        let source = Fixture.source(["base/a.yaml": Fixture.configMap("  m: '{{ parameters.map }}'")])
        let map = JSONValue.object(Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", .integer($0)) }))
        let first = try render(source, Fixture.input(["map": map]))
        #expect(try render(source, Fixture.input(["map": map])) == first)
        #expect(try render(source, Fixture.input(["map": ["k": 1]])).digest != first.digest)
    }

    @Test func `has a digest that anybody can compute again`() {
        // printf '1:a1:b' | sha256sum
        #expect(
            RenderedFiles(files: ["a": "b"]).digest
                == "facdde7abf1eac5b301273ab2e282f79bab0100f058833a7b8bdf9f80741e149")
    }

    @Test func `tells all problems at once`() {
        let problems = Fixture.problems(
            [
                "base/a.yaml": Fixture.configMap("  a: '{{ x }}'\n  b: yes\n  c: 012\n  on: 1"),
                "base/b.yaml": "kind: ConfigMap\nmetadata: {name: b}\ndata: {a: '{{ y }}'}\n", "base/c.yaml": "a: [",
                "../x.yaml": "", "base/.hidden.yaml": "", "base/deep/x.yaml": "", "overlays/prod/a.yaml": "",
                "base/d.txt": "",
                "overlays/large/values.yaml": "a: 1",
            ], more: "need: {}")
        let expected = [
            "../x.yaml: The path", "base/.hidden.yaml: The path", "base/a.yaml:7: `yes` is read",
            "base/a.yaml:8: `012` is read",
            "base/a.yaml:9: `on` is read", "base/c.yaml:", "base/d.txt: It has no",
            "base/deep/x.yaml: It has no", "overlays/prod/a.yaml: There is no environment",
            "template.yaml:16: `need` is not",
        ]
        #expect(problems.count == expected.count, "\(problems)")
        for (problem, start) in zip(problems, expected) { #expect(problem.hasPrefix(start)) }
    }

    @Test func `is refused where documents have no name, or the same`() {
        let problems = Fixture.problems([
            "base/a.yaml": Fixture.configMap("  a: 1"), "base/b.yaml": Fixture.configMap("  a: 1"),
            "base/c.yaml": "kind: ConfigMap\nmetadata: {name: b}", "overlays/large/values.yaml": "a: 1",
        ])
        #expect(
            problems.map { $0.prefix(24) } == [
                "base/b.yaml:1: ConfigMap", "base/c.yaml:1: A manifes", "overlays/large/values.ya",
            ])
    }

    @Test(arguments: ["../../etc/passwd", "a/b", "A\nb", "", ".hidden"])
    func `never writes outside its folder, whatever a name evaluates to`(name: String) {
        let problems = Fixture.problems(
            ["base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ parameters.text }}'}\n"],
            Fixture.input(["text": .string(name)]))
        #expect(problems.count == 1)
    }

    @Test func `with a chart writes values, merged and evaluated like manifests`() throws {
        let source = Fixture.source(
            [
                "base/a.yaml": Fixture.configMap("  a: 1"),
                "base/values.yaml": "replicas: '{{ parameters.count1 }}'\na: {b: 1, c: 1}",
                "overlays/staging/values.yaml": "a: {c: null}",
            ], more: "chart: {repository: https://charts.example.com, name: sample, version: 1.2.3}")
        #expect(try TemplateDefinition(source: source).chart?.version == "1.2.3")
        #expect(
            try render(source, Fixture.input()).files["values.yaml"]
                == "# +argocd:skip-file-rendering\nreplicas: 2\na:\n  b: 1\n")
    }

    @Test func `refuses an input that it cannot be rendered from`() {
        let input = Fixture.input(["text": 1, "unknown": 2, "key": "p4ss word!"], environment: "prod", size: "tiny")
        let problems = Fixture.problems(
            ["base/a.yaml": Fixture.configMap("  a: '{{ domain }}'")],
            more: "needs: {domain: true, bucket: true, accessPoint: {uid: 1, gid: 1}}", input)
        #expect(
            problems.map { $0.dropFirst(7).prefix { $0 != ":" } } == [
                "accessPoint", "bucket", "domain", "environment", "parameters/key", "parameters/text",
                "parameters/unknown", "size",
            ])
    }

    @Test func `refuses another version's input`() throws {
        let source = Fixture.source(["base/a.yaml": Fixture.configMap("  a: 1")])
        let other = TemplateSource(
            files: source.files.mapValues { $0.replacing("version: 1.0.0", with: "version: 1.0.1") })
        let error = #expect(throws: TemplateProblems.self) { try render(other, Fixture.input()) }
        #expect(error?.problems.map(\.message) == ["The files are sample 1.0.1, not sample 1.0.0."])
    }

    @Test func `stops reading aliases that multiply`() {
        let bomb =
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + (0..<8).map { step in
                let (last, next) = (step == 0 ? "a" : "b\(step - 1)", "b\(step)")
                return "\(next): &\(next) [*\(last),*\(last),*\(last),*\(last),*\(last),*\(last),*\(last),*\(last)]\n"
            }.joined()
        #expect(Fixture.problems(["base/a.yaml": bomb]).count == 1)
    }
}

@Suite struct `A template's parameters` {
    @Test func `are checked after defaults are filled in`() throws {
        let definition = try TemplateDefinition(source: Fixture.source(["base/a.yaml": Fixture.configMap("  a: 1")]))
        #expect(definition.validateParameters([:]) == [])
        #expect(definition.validateParameters(["key": "acme/shop/mail"]) == [])
        #expect(definition.validateParameters(["key": "hunter2!", "flag": 1]).map(\.path) == ["/flag", "/key"])
    }

    @Test(arguments: [
        ("parameters: {type: object}", "`additionalProperties: false`"),
        ("parameters: {type: object, additionalProperties: false, properties: {a-b: {}}}", "must be like `siteName`"),
        (
            "parameters: {type: object, additionalProperties: false, properties: {a: {type: strin}}}",
            "/properties/a/type"
        ),
        (
            "parameters: {type: object, additionalProperties: false, properties: {a: {type: string, secret: true, default: x}}}",
            "no default"
        ),
    ])
    func `are refused where the schema is wrong`(parameters: String, message: String) {
        let problems = Fixture.problems(["template.yaml": Fixture.header + "\n" + parameters])
        #expect(problems.contains { $0.hasPrefix("template.yaml:5: ") && $0.contains(message) }, "\(problems)")
    }

    @Test func `and an input can be read from YAML, quoted numbers staying text`() throws {
        let input = try RenderInput(
            yaml: """
                deployment: {id: a}
                customer: {id: acme, name: Acme}
                name: shop
                environment: staging
                size: small
                namespace: a
                release: 1
                cluster: eu-1
                region: eu-central-1
                template: {name: sample, version: "1.0.0"}
                parameters: {text: "12", count1: 12, list: ["no"]}
                secretStore: vault
                """, file: "input.yaml")
        #expect(input.parameters == ["text": "12", "count1": 12, "list": ["no"]])
    }
}
