/// The part of Stencil's expressions that templates may use: the rest can trap, read files, or depend on the locale.
enum ExpressionGrammar {
    static let operators: Set<String> = ["==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "in"]
    static let filters: Set<String> = [
        "default", "lowercase", "uppercase", "join", "plus", "times", "text", "goTemplate",
    ]
    private static let structure: Set<String> = ["if", "else", "(", ")"]

    static func check(_ components: [String]) throws(ExpressionError) {
        for word in components where !operators.contains(word) && !structure.contains(word) {
            let pieces = split(word, at: "|")
            for (index, piece) in pieces.enumerated() {
                if index == 0 {
                    guard isOperand(piece) else {
                        throw ExpressionError(
                            "`\(piece)` is neither a variable nor a value: write `name`, `a.b`, 1 or \"text\".")
                    }
                    continue
                }
                let parts = split(piece, at: ":")
                guard let name = parts.first, filters.contains(name) else {
                    let known = filters.sorted().joined(separator: ", ")
                    throw ExpressionError("There is no filter `\(parts.first ?? "")`; known are \(known).")
                }
                guard parts.count <= 2, parts.dropFirst().flatMap({ split($0, at: ",") }).allSatisfy(isOperand) else {
                    throw ExpressionError("The arguments of the filter `\(name)` cannot be read.")
                }
            }
        }
    }

    static func variables(in components: [String]) -> [String] {
        components.filter { !operators.contains($0) && !structure.contains($0) }.flatMap { word in
            split(word, at: "|").enumerated().flatMap { index, piece in
                index == 0 ? [piece] : split(piece, at: ":").dropFirst().flatMap { split($0, at: ",") }
            }
        }.filter { isPath($0) && !isLiteral($0) }
    }

    private static func isOperand(_ text: String) -> Bool { isLiteral(text) || isPath(text) }

    private static func isLiteral(_ text: String) -> Bool {
        if text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote {
            return !text.dropFirst().dropLast().contains(quote)
        }
        return Int(text) != nil || Bool(text) != nil
    }

    /// `.last` of an empty list would trap in Stencil, `.count` and `.first` would hide an entry of that name.
    private static func isPath(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { step in
            guard let first = step.utf8.first, isLetter(first), !["last", "first", "count"].contains(step) else {
                return false
            }
            return step.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Splits outside quotes.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var pieces = [""]
        var quote: Character?
        for character in text {
            if character == separator, quote == nil {
                pieces.append("")
                continue
            }
            if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            }
            pieces[pieces.count - 1].append(character)
        }
        return pieces
    }
}
