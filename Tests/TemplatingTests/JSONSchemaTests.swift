import EventSourcing
import JSONSchema
import Testing

private func messages(_ schema: JSONValue, _ value: JSONValue) throws -> [String] {
    try JSONSchema(schema).validate(value).map { "\($0.path) \($0.message)" }
}

@Suite struct `A JSON Schema judges a value` {
    private let form: JSONValue = [
        "type": "object", "required": ["name", "workers"], "additionalProperties": false,
        "properties": [
            "name": ["type": "string", "pattern": "^[a-z][a-z0-9-]{1,10}$"],
            "workers": ["type": "integer", "minimum": 0, "maximum": 8],
            "email": ["type": "string", "format": "email"],
            "tags": ["type": "array", "uniqueItems": true, "items": ["type": "string", "minLength": 1]],
            "a/b": ["type": ["string", "null"]],
        ],
    ]

    @Test func `a good value has no violation`() throws {
        #expect(try messages(form, ["name": "ana-1", "workers": 2.0, "email": "a@b.example", "a/b": nil]) == [])
    }

    @Test func `all violations are told at once, with a pointer to each`() throws {
        let value: JSONValue = ["name": "A b", "email": "nobody", "tags": ["x", "", "x"], "a/b": 1, "size": 1]
        #expect(
            try messages(form, value) == [
                "/workers Give a value: it is required.",
                "/a~1b Give a text or null; this is a number.",
                "/email Give an e-mail address such as ana@example.com.",
                "/name It must match the pattern ^[a-z][a-z0-9-]{1,10}$.",
                "/size Remove it: there is no such property; known are a/b, email, name, tags, workers.",
                "/tags Give each entry once: at least one is repeated.",
                "/tags/1 Give a text: it is empty.",
            ])
    }

    @Test(
        arguments: [
            (["minimum": 1], 0), (["maximum": 1], 2), (["exclusiveMinimum": 1], 1), (["exclusiveMaximum": 1], 1),
            (["multipleOf": 0.1], 0.25), (["const": "x"], "y"), (["enum": [1, 2]], 3), (["minItems": 1], []),
            (["maxItems": 1], [1, 2]), (["minLength": 2], "é"), (["maxLength": 1], "ab"), (["type": "integer"], 1.5),
            (["additionalProperties": ["type": "string"]], ["a": 1]), (["minProperties": 1], [:]),
            (["anyOf": [["type": "string"], ["type": "null"]]], 1), (["oneOf": [["minimum": 1], ["minimum": 2]]], 3),
            (["allOf": [["minimum": 1], ["maximum": 2]]], 3),
        ] as [(JSONValue, JSONValue)])
    func `each keyword refuses`(schema: JSONValue, value: JSONValue) throws {
        #expect(try JSONSchema(schema).validate(value).count == 1)
    }

    @Test(
        arguments: [
            (["multipleOf": 0.1], 0.3), (["enum": [1, 2]], 2.0), (["type": "integer"], 3.0),
            (["oneOf": [["minimum": 1]]], 1),
            (["maxLength": 1], "é"), (["minLength": 5], 3), (["items": true], [1, "a"]),
        ] as [(JSONValue, JSONValue)])
    func `and admits`(schema: JSONValue, value: JSONValue) throws {
        #expect(try messages(schema, value) == [])
    }

    @Test(arguments: [
        ("email", "ana@example.com", "ana@localhost"), ("email", "a.b+c@x-y.example", "a..b@example.com"),
        ("hostname", "shop.example.com", "-shop.example.com"), ("hostname", "a", "a b"),
        ("uri", "https://example.com/?q=1", "example.com"), ("uri", "urn:x:y", "http:// a"),
        ("date-time", "2026-11-23T10:00:00Z", "2026-11-23 10:00:00Z"), ("date", "2026-11-23", "2026-13-23"),
        ("uuid", "3F0C2A1E-9b1d-4a57-8c7e-0d8f5b6a7c11", "3f0c2a1e9b1d4a578c7e0d8f5b6a7c11"),
    ])
    func `formats are checked`(format: String, good: String, bad: String) throws {
        let schema = try JSONSchema(["format": .string(format)])
        #expect(schema.validate(.string(good)) == [])
        #expect(schema.validate(.string(bad)).count == 1)
    }

    @Test func `a reference may lead back to the schema that holds it, one level down`() throws {
        let tree: JSONValue = [
            "$ref": "#/$defs/node",
            "$defs": [
                "node": ["type": "object", "properties": ["next": ["$ref": "#/$defs/node"]], "required": ["id"]]
            ],
        ]
        #expect(
            try messages(tree, ["id": 1, "next": ["id": 2, "next": [:]]]) == [
                "/next/next/id Give a value: it is required."
            ])
    }

    @Test func `a reference may lead into an enclosing document`() throws {
        let document: JSONValue = ["components": ["schemas": ["Name": ["type": "string"]]]]
        let schema = try JSONSchema(["$ref": "#/components/schemas/Name"], within: document)
        #expect(schema.validate(1).count == 1)
    }
}

@Suite struct `A JSON Schema fills in defaults` {
    @Test func `in missing properties only, at every level`() throws {
        let schema = try JSONSchema([
            "properties": [
                "size": ["type": "integer", "default": 3],
                "mail": ["type": "object", "default": [:], "properties": ["port": ["default": 25]]],
                "list": ["items": ["properties": ["on": ["default": true]]]],
            ]
        ])
        #expect(
            schema.applyingDefaults(to: ["size": 1, "list": [[:]]])
                == ["size": 1, "mail": ["port": 25], "list": [["on": true]]])
    }
}

@Suite struct `A JSON Schema is refused` {
    @Test func `with all its problems at once`() {
        let schema: JSONValue = [
            "type": "text", "minLenght": 1, "pattern": "(", "format": "colour", "$ref": "#/nowhere", "enum": [],
            "properties": ["a": ["minimum": "1"], "b": ["type": "string", "default": 1]],
        ]
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(schema) }
        #expect(
            error?.problems.map(\.path) == [
                "/enum", "/format", "/minLenght", "/pattern", "/properties/a/minimum", "/properties/b/default", "/type",
                "/$ref",
            ])
    }

    @Test func `where a reference only leads back to itself`() {
        let schema: JSONValue = [
            "$ref": "#/$defs/a", "$defs": ["a": ["anyOf": [["$ref": "#/$defs/b"]]], "b": ["$ref": "#/$defs/a"]],
        ]
        #expect(throws: JSONSchemaError.self) { try JSONSchema(schema) }
    }

    @Test(arguments: ["(a", "a)", "*a", "[a", "a{2", "a{3,2}", "\\", "(?=a)", "\\1", "(a{1000}){1000}", "[z-a]"])
    func `for a pattern that cannot be read or is too large`(pattern: String) {
        #expect(throws: JSONSchemaError.self) { try JSONSchema(["pattern": .string(pattern)]) }
    }
}

@Suite struct `A pattern` {
    @Test(arguments: [
        ("^a+$", "aaa", "aab"), ("b", "abc", "acd"), ("^(?:ab|c)*d$", "ababcd", "abad"), ("^[^0-9]{2,3}$", "ab", "a1"),
        ("^\\d{4}-\\d\\d$", "2026-11", "2026-1"), ("^[\\w.-]+$", "a_b.c-d", "a b"), ("^a?b??c$", "bc", "abbc"),
        ("^[]a]+$", "]a", "b"), ("^.$", "é", "\n"), ("^(|a)$", "", "b"), ("^\\S+$", "a", " "), ("^[a\\-z]$", "-", "b"),
        ("^\\$\\{x\\}$", "${x}", "x"), ("^(a*)*$", "aa", "ab"), ("^x{2,}$", "xxx", "x"), ("a$|^b", "bz", "az"),
    ])
    func `matches one text and not the other`(pattern: String, good: String, bad: String) throws {
        let schema = try JSONSchema(["pattern": .string(pattern)])
        #expect(schema.validate(.string(good)) == [])
        #expect(schema.validate(.string(bad)).count == 1)
    }

    @Test(.timeLimit(.minutes(15))) func `takes no longer for a hostile text`() throws {
        let schema = try JSONSchema(["pattern": "^(a+)+$"])
        #expect(schema.validate(.string(String(repeating: "a", count: 20_000) + "!")).count == 1)
    }
}
