/// Takes a script of plain SQL apart, for statements that the server does not run together with others.
enum SQLScript {
    /// The statements without the semicolons that end them. Semicolons in strings, quoted names, comments and dollar quotes end nothing.
    static func statements(of script: String) -> [String] {
        var statements: [String] = []
        var statement = ""
        var rest = script[...]
        while let character = rest.first {
            if let quote = quoted(rest) {
                // A comment before a statement is left out, so that nothing but comments is no statement.
                if !quote.isComment { statement += quote.text }
                rest = rest.dropFirst(quote.text.count)
                continue
            }
            rest = rest.dropFirst()
            if character == ";" {
                statements.append(statement)
                statement = ""
            } else {
                statement.append(character)
            }
        }
        return (statements + [statement]).filter { !$0.allSatisfy(\.isWhitespace) }
    }

    /// What begins here and is taken as a whole; what has no end goes to the end.
    private static func quoted(_ text: Substring) -> (text: Substring, isComment: Bool)? {
        if text.hasPrefix("--") { return (text.prefix { !$0.isNewline }, true) }
        if text.hasPrefix("/*") { return (upTo("*/", in: text, from: 2), true) }
        if text.hasPrefix("'") { return (upTo("'", in: text, from: 1), false) }
        if text.hasPrefix("\"") { return (upTo("\"", in: text, from: 1), false) }
        guard text.hasPrefix("$"), let tag = text.prefixMatch(of: #/\$([A-Za-z_][A-Za-z_0-9]*)?\$/#) else { return nil }
        return (upTo(String(tag.output.0), in: text, from: tag.output.0.count), false)
    }

    private static func upTo(_ end: String, in text: Substring, from offset: Int) -> Substring {
        guard let match = text.dropFirst(offset).firstRange(of: end) else { return text }
        return text[..<match.upperBound]
    }
}
