/// One statement of a file, and where it stands.
package struct SQLStatement: Equatable, Sendable {
    /// As the one who split it named it.
    package let file: String
    /// Of its first word, from 1.
    package let line: Int
    /// Without the semicolon.
    package let text: String
    /// What it does, in capitals: `INSERT`, `UPDATE` …; of a statement that begins with `WITH`, what comes after its queries.
    package let verb: String

    /// The line of a character that the server counts from 1.
    package func line(at position: Int) -> Int {
        line + text.unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" }
    }
}

/// Splits a file into statements as the server does, so that each can be run, and blamed, alone.
///
/// Semicolons count outside of quotes, quoted names, dollar quotes, comments and parentheses.
package struct SQLScript {
    private let file: String
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var depth = 0
    private var start: (index: Int, line: Int)?
    private var words: [String] = []
    private var found: [SQLStatement] = []

    package static func statements(of text: String, in file: String) -> [SQLStatement] {
        var script = SQLScript(file: file, scalars: Array(text.unicodeScalars))
        script.split()
        return script.found
    }

    private init(file: String, scalars: [Unicode.Scalar]) {
        self.file = file
        self.scalars = scalars
    }

    private mutating func split() {
        while let scalar = peek() {
            switch scalar {
            case "-" where peek(1) == "-": skip { $0 == "\n" }
            case "/" where peek(1) == "*": skipComment()
            case ";" where depth == 0: endStatement()
            case _ where scalar.properties.isWhitespace: advance()
            default:
                start = start ?? (index, line)
                readToken(scalar)
            }
        }
        endStatement()
    }

    private mutating func readToken(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "'":
            let previous = index > 0 ? scalars[index - 1] : " "
            skipQuoted("'", escapes: previous == "E" || previous == "e")
        case "\"": skipQuoted("\"", escapes: false)
        case "$" where dollarTag() != nil: skipDollarQuoted(dollarTag() ?? [])
        case "(":
            depth += 1
            advance()
        case ")":
            depth = max(0, depth - 1)
            advance()
        case _ where isWord(scalar): readWord()
        default: advance()
        }
    }

    private mutating func readWord() {
        let first = index
        // The E of E'…' must stand right before the quote for the next token to see it.
        while let scalar = peek(), isWord(scalar) || scalar == "$" { advance() }
        if depth == 0 {
            var word = ""
            word.unicodeScalars.append(contentsOf: scalars[first..<index])
            words.append(word.uppercased())
        }
    }

    private mutating func endStatement() {
        if let start {
            var end = index
            while end > start.index, scalars[end - 1].properties.isWhitespace { end -= 1 }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars[start.index..<end])
            found.append(SQLStatement(file: file, line: start.line, text: text, verb: verb))
        }
        if peek() != nil { advance() }
        start = nil
        words = []
        depth = 0
    }

    private var verb: String {
        guard let first = words.first else { return "" }
        guard first == "WITH" else { return first }
        return words.first { ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"].contains($0) } ?? first
    }

    // MARK: Characters

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        index + offset < scalars.count ? scalars[index + offset] : nil
    }

    private mutating func advance() {
        if scalars[index] == "\n" { line += 1 }
        index += 1
    }

    private mutating func skip(until isEnd: (Unicode.Scalar) -> Bool) {
        while let scalar = peek(), !isEnd(scalar) { advance() }
    }

    /// Comments nest in Postgres.
    private mutating func skipComment() {
        var nesting = 0
        repeat {
            if peek() == "/", peek(1) == "*" {
                nesting += 1
                advance()
            } else if peek() == "*", peek(1) == "/" {
                nesting -= 1
                advance()
            }
            advance()
        } while nesting > 0 && peek() != nil
    }

    private mutating func skipQuoted(_ quote: Unicode.Scalar, escapes: Bool) {
        advance()
        while let scalar = peek() {
            advance()
            if escapes, scalar == "\\", peek() != nil { advance() }
            // A doubled quote ends one literal and begins the next, which comes to the same.
            if scalar == quote { return }
        }
    }

    /// `$$` or `$tag$` from here on; nil if the dollar is something else, such as a parameter.
    private func dollarTag() -> [Unicode.Scalar]? {
        var end = index + 1
        while end < scalars.count, isWord(scalars[end]) { end += 1 }
        guard end < scalars.count, scalars[end] == "$", !("0"..."9").contains(scalars[min(index + 1, end)]) else {
            return nil
        }
        return Array(scalars[index...end])
    }

    private mutating func skipDollarQuoted(_ tag: [Unicode.Scalar]) {
        for _ in tag { advance() }
        while peek() != nil {
            if scalars[index...].starts(with: tag) {
                for _ in tag { advance() }
                return
            }
            advance()
        }
    }

    private func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            || scalar.value > 127
    }
}
