import Testing

@Suite struct `Who imports whom` {
    /// `file:line Module` of imports in `Sources/` that a rule forbids.
    private func imports(where isForbidden: (_ from: String, _ to: String) -> Bool) throws -> [String] {
        try SourceTree.swiftFiles().filter { !$0.isTest }.flatMap { file in
            file.imports.filter { isForbidden(file.module, $0.module) }.map { "\(file.path):\($0.line) \($0.module)" }
        }
    }

    /// Our own modules, the C ones included.
    private func ours() throws -> Set<String> {
        Set(try SourceTree.modules()).union(["CLibCurl", "CLibPQ", "COpenSSL"])
    }

    @Test func `is settled for every module`() throws {
        let modules = Set(try SourceTree.modules())
        #expect(modules.count > 3)
        #expect(modules.subtracting(Arrows.allowed.keys).sorted() == [], "say in Arrows what they may import, and why")
        #expect(Arrows.allowed.values.allSatisfy { !$0.why.isEmpty })
    }

    @Test func `is as settled`() throws {
        let ours = try ours()
        let forbidden = try imports { from, to in ours.contains(to) && Arrows.allowed[from]?.to.contains(to) != true }
        #expect(forbidden == [])
    }

    @Test func `points one way`() {
        var below: Set<String> = ["CLibCurl", "CLibPQ", "COpenSSL"]
        var left = Arrows.allowed
        while let next = left.first(where: { $0.value.to.isSubset(of: below) }) {
            below.insert(next.key)
            left[next.key] = nil
        }
        #expect(left.keys.sorted() == [], "these import each other in a circle")
    }

    @Test func `keeps adapters from knowing each other`() throws {
        let forbidden = try imports { from, to in
            Arrows.adapters.contains(from) && Arrows.adapters.contains(to) && from != to
        }
        #expect(forbidden == [])
    }

    @Test func `lets only the composition name adapters`() throws {
        #expect(try imports { from, to in Arrows.adapters.contains(to) && from != "DeployCenter" } == [])
    }

    @Test func `keeps what the sandbox runs out of the server`() throws {
        #expect(try imports { from, to in Arrows.sandbox.contains(to) && from != "DeployCenter" } == [])
    }

    @Test func `keeps each C library in one module`() throws {
        let homes = ["CLibPQ": "Postgres", "CLibCurl": "HTTPClient", "COpenSSL": "Cryptography"]
        #expect(try imports { from, to in homes[to].map { $0 != from } ?? false } == [])
    }

    @Test func `is read from every way to write an import`() {
        let file = SourceFile(
            path: "Sources/A/B.swift",
            text: """
                import One
                package import Two  // import Three
                @testable import Four
                import struct Five.Thing
                // import Six
                #if canImport(Seven)
                    @preconcurrency package import Eight
                #endif
                let text = "import Nine"
                """)
        #expect(file.imports.map(\.module) == ["One", "Two", "Four", "Five", "Eight"])
    }
}
