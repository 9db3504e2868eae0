/// Reads the text of a regular expression by recursive descent.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternTree {
        let tree = try alternatives()
        guard position == scalars.count else { throw PatternError(reason: "a `)` has no `(`.") }
        return tree
    }

    private mutating func alternatives() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth < 50 else { throw PatternError(reason: "its groups are nested too deeply.") }
        var tree = try sequence()
        while take("|") { tree = .either(tree, try sequence()) }
        return tree
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let next = peek, next != "|", next != ")" { parts.append(try quantified()) }
        return .sequence(parts)
    }

    private mutating func quantified() throws(PatternError) -> PatternTree {
        var tree = try atom()
        while let next = peek {
            switch next {
            case "*": tree = .repeated(tree, min: 0, max: nil)
            case "+": tree = .repeated(tree, min: 1, max: nil)
            case "?": tree = .repeated(tree, min: 0, max: 1)
            case "{":
                tree = try counted(tree)
                _ = take("?")
                continue
            default: return tree
            }
            position += 1
            // Lazy or greedy, the set of texts is the same.
            _ = take("?")
        }
        return tree
    }

    private mutating func counted(_ tree: PatternTree) throws(PatternError) -> PatternTree {
        position += 1
        guard let min = number() else { throw PatternError(reason: "a `{` needs a number, or write `\\{`.") }
        var max: Int? = min
        if take(",") { max = number() }
        guard take("}"), min <= 1000, (max ?? min) >= min, (max ?? 0) <= 1000 else {
            throw PatternError(reason: "a repetition `{m,n}` needs m ≤ n ≤ 1000.")
        }
        return .repeated(tree, min: min, max: max)
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        guard let next = peek else { return .empty }
        position += 1
        switch next {
        case "^": return .start
        case "$": return .end
        case ".": return .scalar(.anyButNewline)
        case "[": return .scalar(try set())
        case "(": return try group()
        case "\\": return .scalar(try escape())
        case "*", "+", "?", "{": throw PatternError(reason: "a `\(next)` has nothing to repeat.")
        default: return .scalar(ScalarSet(ranges: [next...next]))
        }
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        if take("?") {
            guard take(":") else { throw PatternError(reason: "only `(…)` and `(?:…)` groups are supported.") }
        }
        let tree = try alternatives()
        guard take(")") else { throw PatternError(reason: "a `(` has no `)`.") }
        return tree
    }

    private mutating func set() throws(PatternError) -> ScalarSet {
        var result = ScalarSet(isNegated: take("^"))
        var isFirst = true
        while let next = peek, next != "]" || isFirst {
            isFirst = false
            position += 1
            var lower = ScalarSet(ranges: [next...next])
            if next == "\\" { lower = try escape() }
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                result.parts.append(lower)
                continue
            }
            position += 1
            result.ranges.append(try range(from: lower))
        }
        guard take("]") else { throw PatternError(reason: "a `[` has no `]`.") }
        return result
    }

    private mutating func range(from lower: ScalarSet) throws(PatternError) -> ClosedRange<Unicode.Scalar> {
        let next = scalars[position]
        position += 1
        let upper = next == "\\" ? try escape() : ScalarSet(ranges: [next...next])
        guard let first = lower.single, let last = upper.single, first <= last else {
            throw PatternError(reason: "a range `a-z` needs two characters in order.")
        }
        return first...last
    }

    private mutating func escape() throws(PatternError) -> ScalarSet {
        guard let next = peek else { throw PatternError(reason: "a `\\` ends it.") }
        position += 1
        switch next {
        case "d": return .digits
        case "D": return .digits.negated
        case "w": return .wordCharacters
        case "W": return .wordCharacters.negated
        case "s": return .spaces
        case "S": return .spaces.negated
        case "n": return ScalarSet(ranges: ["\n"..."\n"])
        case "r": return ScalarSet(ranges: ["\r"..."\r"])
        case "t": return ScalarSet(ranges: ["\t"..."\t"])
        case "0"..."9", "a"..."z", "A"..."Z": throw PatternError(reason: "`\\\(next)` is not supported.")
        default: return ScalarSet(ranges: [next...next])
        }
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit), (value ?? 0) < 100_000 {
            value = (value ?? 0) * 10 + Int(digit.value - 48)
            position += 1
        }
        return value
    }
}

extension ScalarSet {
    /// The one character of the set, if it has just one.
    fileprivate var single: Unicode.Scalar? {
        guard parts.isEmpty, !isNegated, ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else {
            return nil
        }
        return ranges[0].lowerBound
    }
}
