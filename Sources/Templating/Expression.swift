import Stencil

/// Text of a template with Stencil expressions in it: `{{ … }}` only.
///
/// Stencil's tags (`{% include %}`, `{% for %}` …) are refused: conditions on structure are `$if`, and nothing reads files.
struct Expression {
    private let parts: [Part]

    private enum Part {
        case text(String)
        case expression(Operation)
    }

    /// The text is split here and not by Stencil, whose lexer takes `{{ nameXX` for `{{ name }}`.
    init(_ text: String) throws(ExpressionError) {
        // Most texts have none, and are told from others before any search.
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            parts = text.isEmpty ? [] : [.text(text)]
            return
        }
        if text.contains("{%") {
            throw ExpressionError("Tags `{% … %}` are not supported; use `$if` for what depends on a value.")
        }
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                throw ExpressionError("A `{{` has no `}}`.")
            }
            if open.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<open.lowerBound]))) }
            parts.append(.expression(try Operation(String(rest[open.upperBound..<close.lowerBound]))))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    var operations: [Operation] {
        parts.compactMap { if case .expression(let operation) = $0 { operation } else { nil } }
    }

    /// A text that is exactly one expression keeps the type of its value; anything else becomes text.
    func evaluate(in scope: Scope) throws(ExpressionError) -> ManifestValue {
        if parts.count == 1, case .expression(let operation) = parts[0] { return try operation.value(in: scope) }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .expression(let operation): result += try operation.text(in: scope)
            }
        }
        return .string(result)
    }
}

/// Why an expression cannot be read or has no value.
struct ExpressionError: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}

/// What is between `{{` and `}}`: a value with filters, a comparison, or `a if condition else b`.
struct Operation {
    let source: String
    private let token: Token
    private let components: [String]

    init(_ source: String) throws(ExpressionError) {
        let tokens = Stencil.Template(templateString: "{{ \(source) }}").tokens
        guard tokens.count == 1, tokens[0].kind == .variable, !tokens[0].components.isEmpty else {
            throw ExpressionError("An expression stands between `{{` and `}}`, holds something, and no braces.")
        }
        token = tokens[0]
        self.source = token.contents
        components = token.components
        try ExpressionGrammar.check(components)
    }

    /// The variables that it reads, as dotted paths.
    var variables: [String] { ExpressionGrammar.variables(in: components) }

    func value(in scope: Scope) throws(ExpressionError) -> ManifestValue {
        if let value = try optionalValue(components[...], scope) { return value }
        throw ExpressionError("`\(source)` has no value; give one, or guard it with `$if` or `|default:`.")
    }

    func text(in scope: Scope) throws(ExpressionError) -> String {
        switch try value(in: scope) {
        case .string(let text):
            // In a configuration file a second line would be a second setting.
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw ExpressionError(
                    "`\(source)` has line breaks or control characters: it cannot stand inside a text.")
            }
            return text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .bool(let flag): return "\(flag)"
        case .null, .list, .map:
            throw ExpressionError("`\(source)` is a list or a map: it cannot stand inside a text (use `|join:`).")
        }
    }

    func isTrue(in scope: Scope) throws(ExpressionError) -> Bool { try isTrue(components[...], scope) }

    private func optionalValue(_ words: ArraySlice<String>, _ scope: Scope) throws(ExpressionError) -> ManifestValue? {
        if words.dropFirst().first == "if" {
            let rest = words.dropFirst(2)
            let elseIndex = rest.firstIndex(of: "else") ?? rest.endIndex
            if try isTrue(rest[..<elseIndex], scope) { return try optionalValue(words.prefix(1), scope) }
            return elseIndex < rest.endIndex ? try optionalValue(rest[(elseIndex + 1)...], scope) : nil
        }
        if words.contains(where: ExpressionGrammar.operators.contains) { return .bool(try isTrue(words, scope)) }
        guard words.count == 1, let word = words.first else {
            throw ExpressionError("`\(source)` has values without an operator between them.")
        }
        return try scope.run { context throws(any Error) in
            try context.environment.compileFilter(word).resolve(context)
        }
    }

    private func isTrue(_ words: ArraySlice<String>, _ scope: Scope) throws(ExpressionError) -> Bool {
        let value = try scope.run { context throws(any Error) in
            try context.environment.compileExpression(components: Array(words), containedIn: token)
                .evaluate(context: context)
        }
        return value == .bool(true)
    }
}
