import Testing

@Suite struct `Rules that run` {
    @Test(arguments: Ban.all.map(\.what))
    func `what is banned is not there`(_ what: String) throws {
        let ban = try #require(Ban.all.first { $0.what == what })
        let found = try SourceTree.swiftFiles().flatMap { file in
            ban.violations(in: file).map { "\(file.path):\($0)" }
        }
        #expect(found == [], "use \(ban.instead)")
    }

    @Test func `types are named for what they are`() throws {
        let found = try SourceTree.swiftFiles().flatMap { file in
            file.lines.compactMap { line in
                BannedNames.violation(in: line).map { "\(file.path):\(line.number) \($0)" }
            }
        }
        #expect(found == [])
    }

    @Test func `every type that others use says what it is for`() throws {
        let pattern = #/^package (final )?(indirect )?(struct|enum|actor|class|protocol) (?<name>\w+)/#
        let found = try SourceTree.swiftFiles().filter { !$0.isTest }.flatMap { file in
            file.lines.indices.compactMap { index -> String? in
                guard file.lines[index].code.hasPrefix("package ") else { return nil }
                guard let match = file.lines[index].code.firstMatch(of: pattern) else { return nil }
                let above = file.lines[..<index].last { !$0.code.hasPrefix("@") && !$0.code.hasPrefix("#if") }
                return above?.raw.hasPrefix("///") == true ? nil : "\(file.path):\(index + 1) \(match.output.name)"
            }
        }
        #expect(found == [])
    }

    @Test func `every SQL file begins with its purpose`() throws {
        let files = try ["Sources", "Migrations", "Projections"].flatMap {
            try SourceTree.files(under: $0, ending: ".sql")
        }
        #expect(!files.isEmpty)
        let silent = try files.filter { path in
            let first = try SourceFile(path).lines[0].raw
            return !first.contains(#/^-- \w.{9,}/#)
        }
        #expect(silent == [])
    }

    @Test func `migrations are numbered once each, in order`() throws {
        let names = try SourceTree.files(under: "Migrations", ending: ".sql").map {
            $0.split(separator: "/").dropFirst().joined(separator: "/")
        }
        #expect(!names.isEmpty)
        #expect(names.filter { !$0.contains(#/^\d{4}_[a-z0-9_]+\.sql$/#) } == [])
        let numbers = names.compactMap { Int($0.prefix(4)) }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(numbers)")
    }

    @Test func `a rule sees code, not comments and strings`() throws {
        let file = SourceFile(
            path: "Sources/Domain/Example.swift",
            text: #"""
                let words = "try! \"fatalError(\" // print(" // try! fatalError(
                let trap = try! read()  // a comment
                let many = """
                    fatalError("in a text")
                    """; fatalError("after it")
                // TODO: later
                final class Proved: @unchecked Sendable {}  // the line above is a comment
                final class Bare: @unchecked Sendable {}
                let now = Date()
                let later = myDate(), earlier = Date(timeIntervalSince1970: 0)
                let none: Entry? = nil
                let some = try? read()
                """#)
        func lines(_ part: String) -> [Int] {
            Ban.all.filter { $0.what.contains(part) }.flatMap { $0.violations(in: file) }
        }
        #expect(lines("try!") == [2])
        #expect(lines("fatalError") == [5])
        #expect(lines("print") == [])
        #expect(lines("promise") == [6])
        #expect(lines("@unchecked") == [8])
        #expect(lines("Date(") == [9])
        #expect(lines("try?") == [12])
    }

    @Test(arguments: [
        ("struct CustomerInfo {}", "CustomerInfo"), ("package actor PoolManager {", "PoolManager"),
        ("final class Worker: Service {", nil), ("struct SyncService: Service {", nil),
        ("struct SyncService {", "SyncService"), ("enum Database {}", nil), ("let data = Data()", nil),
    ])
    func `a name is judged by its end`(_ code: String, _ name: String?) throws {
        let line = try #require(SourceFile(path: "Sources/A/B.swift", text: code).lines.first)
        #expect(BannedNames.violation(in: line) == name)
    }
}
