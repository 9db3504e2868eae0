import Cryptography
import EventSourcing
import FoundationEssentials
import Postgres

extension ProjectionDefinition {
    /// Reads every folder of `Projections/`, by name.
    package static func load(folder: String) throws(InvalidProjections) -> [ProjectionDefinition] {
        // Why it cannot be listed makes no difference: there is nothing to follow.
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw InvalidProjections(problems: [.init(file: folder, text: "is not a readable folder")])
        }
        var problems: [ProjectionProblem] = []
        var definitions: [ProjectionDefinition] = []
        for name in entries.sorted() where !name.hasPrefix(".") {
            var isFolder = false
            guard FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder), isFolder else {
                continue
            }
            var reading = ProjectionFolder(name: name, path: "\(folder)/\(name)")
            if let definition = reading.definition() { definitions.append(definition) }
            problems += reading.problems
        }
        if definitions.isEmpty, problems.isEmpty {
            problems.append(.init(file: folder, text: "holds no projection"))
        }
        guard problems.isEmpty else { throw InvalidProjections(problems: problems) }
        return definitions
    }
}

/// The reading of one folder, with the problems found on the way.
private struct ProjectionFolder {
    let name: String
    let path: String
    var problems: [ProjectionProblem] = []

    init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    mutating func definition() -> ProjectionDefinition? {
        if !isViewName(name) {
            problems.append(.init(file: name, text: "is no name of a view: a-z, 0-9 and _, at most 40, a letter first"))
        }
        let yaml = text(of: "projection.yaml")
        let tables = text(of: "tables.sql")
        let fold = text(of: "fold.sql")
        let indexes = FileManager.default.fileExists(atPath: "\(path)/indexes.sql") ? text(of: "indexes.sql") : nil
        var heading: ProjectionHeading?
        if let yaml { heading = self.heading(in: yaml) }
        if let tables { problems += self.indexes(in: tables) }
        if let fold { problems += impureWords(in: fold, file: "\(name)/fold.sql") }
        guard problems.isEmpty, let yaml, let tables, let fold, let heading else { return nil }
        return ProjectionDefinition(
            name: name, purpose: heading.purpose, eventTypes: heading.eventTypes, tables: tables, fold: fold,
            indexes: indexes ?? "", order: heading.order, history: heading.history,
            digest: digest(
                of: [("projection.yaml", yaml), ("tables.sql", tables), ("fold.sql", fold)]
                    + (indexes.map { [("indexes.sql", $0)] } ?? [])))
    }

    /// A rebuild would have to keep them up row by row.
    private func indexes(in tables: String) -> [ProjectionProblem] {
        SQLScript.statements(of: tables, in: "\(name)/tables.sql")
            .filter {
                $0.verb == "CREATE"
                    && $0.text.uppercased().split(whereSeparator: \.isWhitespace).dropFirst().first == "INDEX"
            }
            .map { .init(file: $0.file, line: $0.line, text: "an index that is not unique belongs in indexes.sql") }
    }

    private mutating func heading(in yaml: String) -> ProjectionHeading? {
        let file = "\(name)/projection.yaml"
        var reader = ProjectionHeadingReader(file: file)
        let heading = reader.read(yaml)
        problems += reader.problems
        if let heading, heading.name != name {
            problems.append(
                .init(file: file, line: heading.nameLine, text: "name is \(heading.name), the folder is \(name)"))
        }
        return heading
    }

    private mutating func text(of file: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: "\(path)/\(file)") else {
            problems.append(.init(file: "\(name)/\(file)", text: "is missing"))
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            problems.append(.init(file: "\(name)/\(file)", text: "is not UTF-8"))
            return nil
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            problems.append(.init(file: "\(name)/\(file)", text: "is empty"))
            return nil
        }
        return text
    }
}

/// At most 40 letters, so that the schema of a generation stays within Postgres' 63.
private func isViewName(_ name: String) -> Bool {
    let letters = Array(name.utf8)
    guard let first = letters.first, letters.count <= 40, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
        return false
    }
    return letters.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            || $0 == UInt8(ascii: "_")
    }
}

/// What would make a rebuild differ from what was kept, or end the transaction that holds rows and position together.
private func impureWords(in fold: String, file: String) -> [ProjectionProblem] {
    let clocks = [
        "now", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "clock_timestamp",
        "statement_timestamp", "transaction_timestamp", "timeofday", "random", "gen_random_uuid", "nextval",
    ]
    let control = ["commit", "rollback", "begin", "savepoint"]
    var problems: [ProjectionProblem] = []
    for (index, line) in fold.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let words = withoutComment(line).lowercased().split {
            !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "'" || $0 == ".")
        }
        for word in words where clocks.contains(String(word)) {
            problems.append(
                .init(file: file, line: index + 1, text: "\(word) differs from run to run: a fold is repeated for ever")
            )
        }
        // As a statement the word stands alone or before another word; as a column, before an operator or a comma.
        let statement = withoutComment(line).drop { $0.isWhitespace }
        if let word = words.first, control.contains(String(word)),
            statement.dropFirst(word.count).drop(while: \.isWhitespace).first.map({ $0 == ";" || $0.isLetter }) ?? true
        {
            problems.append(.init(file: file, line: index + 1, text: "\(word): the fold's transaction is not its own"))
        }
    }
    return problems
}

private func withoutComment(_ line: Substring) -> Substring {
    var previous: Character?
    for index in line.indices {
        if line[index] == "-", previous == "-" { return line[..<line.index(before: index)] }
        previous = line[index]
    }
    return line
}

/// Names and lengths are hashed too, so that nothing can move from one file to the next unseen.
private func digest(of files: [(name: String, text: String)]) -> String {
    var bytes: [UInt8] = []
    for file in files {
        bytes += Array("\(file.name) \(file.text.utf8.count)\n".utf8)
        bytes += Array(file.text.utf8)
    }
    return SHA256.hash(bytes).hex
}
