/// Something that is not done here, and what is done in its place.
struct Ban: Sendable {
    let what: String
    let instead: String
    private let places: @Sendable (SourceFile) -> [Int]

    /// The lines in which the file does it.
    func violations(in file: SourceFile) -> [Int] { places(file) }

    /// A pattern in the code, comments and strings apart, of the files that `scope` names. Only lines with `word` are looked at
    /// closely, as patterns are slow.
    init(
        _ word: String, _ pattern: String, instead: String,
        in scope: @escaping @Sendable (SourceFile) -> Bool = { _ in true }
    ) {
        what = pattern
        self.instead = instead
        places = { file in
            guard scope(file) else { return [] }
            let lines = file.lines.filter { $0.code.contains(word) }
            guard !lines.isEmpty else { return [] }
            let regex = Ban.regex(pattern)
            return lines.filter { $0.code.contains(regex) }.map(\.number)
        }
    }

    init(what: String, instead: String, _ isViolated: @escaping @Sendable (SourceFile, _ line: Int) -> Bool) {
        self.what = what
        self.instead = instead
        places = { file in file.lines.indices.filter { isViolated(file, $0) }.map { $0 + 1 } }
    }

    private static func regex(_ pattern: String) -> Regex<AnyRegexOutput> {
        do { return try Regex(pattern) } catch { preconditionFailure("\(pattern): \(error)") }
    }

    static let pure: Set<String> = ["EventSourcing", "Domain", "ProcessManagers"]
    /// The C libraries' modules; and the canonical form of JSON, which every append and every verified event pays for: 0.7 µs over bytes in place.
    static let pointers: Set<String> = ["Postgres", "HTTPClient", "Cryptography", "TransparencyLog"]
    /// Where a pointer is met elsewhere, and why; none leaves its closure.
    static let pointerExceptions: [String: String] = [
        "Sources/LocalPostgres/LoopbackPort.swift": "`bind` takes its `sockaddr` in no other form",
        "Sources/DeployCenter/Sandbox/ServerProcess.swift":
            "Subprocess shows a chunk's bytes as a pointer or a raw span",
    ]

    static let all: [Ban] = [
        Ban(
            "Date", #"(^|\W)Date(\(\)|\.now\b)"#,
            instead: "the clock that was passed in, or currentTime() of TestSupport"),
        Ban(
            "DateFormatter", #"\b(ISO8601)?DateFormatter\b"#,
            instead: "Timestamp, whose one formatter takes 0.1 µs, not 60"),
        Ban("print", #"(^|[^.\w])print\("#, instead: "a logger", in: { !$0.isTest && $0.module != "DeployCenter" }),
        Ban(
            what: "sleeping in a test without a reason",
            instead: "a signal; or, between reads of another process, a comment that says what ends the wait"
        ) { file, line in
            let code = file.lines[line].code
            guard file.isTest, code.contains("sleep(") else { return false }
            guard code.contains(#/((Task|[cC]lock(\(\))?)\.|(^|[^.\w])u?)sleep\(/#) else { return false }
            return !file.isExplained(line, within: 3)
        },
        Ban(
            "Task", #"^\s*(_ = )?Task(\.detached)?\s*(\(.*\))?\s*\{"#, instead: "a Service or a task group",
            in: { !$0.isTest }),
        Ban("try!", #"\btry!"#, instead: "try"),
        Ban("fatalError", #"\bfatalError\("#, instead: "a typed error, or precondition for our own mistakes"),
        Ban(
            "import", #"import (Foundation|FoundationEssentials|Glibc|Dispatch|Synchronization)\b"#,
            instead: "nothing: rules need neither clock nor I/O", in: { !$0.isTest && pure.contains($0.module) }),
        Ban(
            "Unsafe", #"\bUnsafe\w*(Pointer|Bytes)\b|\bwithUnsafe\w*"#,
            instead: "Postgres, HTTPClient, Cryptography or TransparencyLog, from which no pointer leaves",
            in: { !$0.isTest && !pointers.contains($0.module) && pointerExceptions[$0.path] == nil }),
        Ban(
            what: "@unchecked Sendable or nonisolated(unsafe) without a proof",
            instead: "a value, Mutex, an actor; or a comment on the line above that proves it"
        ) { file, line in
            let code = file.lines[line].code
            guard code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)") else { return false }
            return !file.isExplained(line, within: 1)
        },
        Ban(what: "a promise in a comment", instead: "the work, or an issue") { file, line in
            !file.lines[line].comment.isEmpty && file.lines[line].comment.contains(#/\b(TODO|FIXME|XXX|HACK)\b/#)
        },
        Ban(what: "try? without a reason", instead: "do and catch, or a comment there or above") { file, line in
            func isTried(_ line: Int) -> Bool {
                let code = file.lines[line].code  // An `Entry?` is no `try?`.
                return code.contains("try?") && code.contains(#/\btry\?/#)
            }
            guard !file.isTest, isTried(line) else { return false }
            // One reason is enough for a chain of alternatives, two lines each.
            var first = line
            while first >= 2, isTried(first - 2) { first -= 2 }
            return !file.isExplained(first, within: 1)
        },
        Ban(what: "SQL built from strings", instead: "a file in SQL/") { file, line in
            let raw = file.lines[line].raw
            guard !file.isTest, raw.contains("\""),
                ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"].contains(where: raw.contains)
            else { return false }
            return raw.contains(#/"(SELECT\b.*\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b/#)
        },
    ]
}

extension SourceFile {
    /// Whether there is a comment on the line, or on one of the `reach` lines above.
    fileprivate func isExplained(_ line: Int, within reach: Int) -> Bool {
        !lines[line].comment.isEmpty || lines[max(0, line - reach)..<line].contains(where: \.isComment)
    }
}

/// Types are named for what they are.
enum BannedNames {
    static let endings = [
        "Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Base", "Impl", "Data", "Info", "Model", "Service",
        "Handler",
    ]

    static let exceptions: [String: String] = [
        "ProcessManager": "the field's own word, and the module's",
        "NameService": "what DNS is called; the port is named by role",
        "CommandHandler": "the field's own word",
        "AWSService": "what AWS calls the parts of AWS",
        "ChangeInfo": "the element in Route 53's answers",
        "CreationInfo": "the member in EFS' requests",
    ]

    /// A type declared in the line, if its name ends as none may. A `Service` that runs is one, and so is swift-log's handler.
    static func violation(in line: SourceFile.Line) -> String? {
        guard endings.contains(where: line.code.contains) else { return nil }
        let pattern = #/\b(struct|class|enum|actor|protocol|typealias) (?<name>[A-Z]\w*)/#
        guard let match = line.code.firstMatch(of: pattern) else { return nil }
        let name = String(match.output.name)
        guard !exceptions.keys.contains(where: name.hasSuffix), endings.contains(where: name.hasSuffix) else {
            return nil
        }
        if name.hasSuffix("Service"), line.code.contains(#/:.*\bService\b/#) { return nil }
        if name.hasSuffix("Handler"), line.code.contains(#/:.*\bLogHandler\b/#) { return nil }
        return name
    }
}
