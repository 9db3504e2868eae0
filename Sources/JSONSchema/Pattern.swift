/// A regular expression that takes time in proportion to the text, whatever the text: values come from outside.
///
/// Swift's own `Regex` backtracks (a pattern such as `(a+)+$` can hang a request) and is not `Sendable`. This one follows all
/// paths at once (Thompson, 1968). It knows literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ?`,
/// `{m,n}`, `^` and `$`; back references and look-around are refused. As in JSON Schema, it may match anywhere in the text.
struct Pattern: Sendable, Hashable {
    let text: String
    private let program: [Instruction]

    init(_ text: String) throws(PatternError) {
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.parse()
        var program: [Instruction] = []
        try tree.compile(into: &program)
        self.program = program + [.match]
    }

    func occurs(in text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current: Set<Int> = []
        for position in 0...scalars.count {
            add(0, to: &current, atStart: position == 0, atEnd: position == scalars.count)
            if current.contains(program.count - 1) { return true }
            guard position < scalars.count else { return false }
            var next: Set<Int> = []
            for index in current {
                guard case .scalar(let set) = program[index], set.contains(scalars[position]) else { continue }
                add(index + 1, to: &next, atStart: false, atEnd: position + 1 == scalars.count)
            }
            current = next
        }
        return false
    }

    /// Adds an instruction and everything that it reaches without reading a character.
    private func add(_ start: Int, to states: inout Set<Int>, atStart: Bool, atEnd: Bool) {
        var open = [start]
        while let index = open.popLast() {
            guard states.insert(index).inserted else { continue }
            switch program[index] {
            case .split(let left, let right): open += [index + left, index + right]
            case .jump(let distance): open.append(index + distance)
            case .start: if atStart { open.append(index + 1) }
            case .end: if atEnd { open.append(index + 1) }
            case .scalar, .match: break
            }
        }
    }
}

/// Why a pattern was refused.
struct PatternError: Error {
    let reason: String
}

/// One step of a compiled pattern; distances are relative, so that a piece can be repeated.
enum Instruction: Sendable, Hashable {
    case scalar(ScalarSet)
    case split(Int, Int)
    case jump(Int)
    case start
    case end
    case match
}

/// A set of characters, such as `[a-z0-9]`.
struct ScalarSet: Sendable, Hashable {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isNegated = false
    /// Sets inside a set, such as the `\D` of `[\D.]`.
    var parts: [ScalarSet] = []

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        (ranges.contains { $0.contains(scalar) } || parts.contains { $0.contains(scalar) }) != isNegated
    }

    static let digits = ScalarSet(ranges: ["0"..."9"])
    static let wordCharacters = ScalarSet(ranges: ["0"..."9", "A"..."Z", "a"..."z", "_"..."_"])
    static let spaces = ScalarSet(ranges: ["\t"..."\r", " "..." ", "\u{A0}"..."\u{A0}"])
    static let anyButNewline = ScalarSet(ranges: ["\n"..."\n", "\r"..."\r"], isNegated: true)

    var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated, parts: parts) }
}

/// A pattern as a tree, before it becomes steps.
indirect enum PatternTree {
    case empty
    case scalar(ScalarSet)
    case start
    case end
    case sequence([PatternTree])
    case either(PatternTree, PatternTree)
    case repeated(PatternTree, min: Int, max: Int?)

    /// Repetitions are written out; this keeps `(a{1000}){1000}` from taking the memory.
    private static let stepsMax = 20_000

    func compile(into program: inout [Instruction]) throws(PatternError) {
        guard program.count < Self.stepsMax else { throw PatternError(reason: "it is too large.") }
        switch self {
        case .empty: break
        case .scalar(let set): program.append(.scalar(set))
        case .start: program.append(.start)
        case .end: program.append(.end)
        case .sequence(let parts): for part in parts { try part.compile(into: &program) }
        case .either(let left, let right):
            let leftSteps = try left.steps()
            let rightSteps = try right.steps()
            program.append(.split(1, leftSteps.count + 2))
            program += leftSteps + [.jump(rightSteps.count + 1)] + rightSteps
        case .repeated(let part, let min, let max):
            let steps = try part.steps()
            guard program.count + steps.count * Swift.max(min, max ?? 0) < Self.stepsMax else {
                throw PatternError(reason: "it is too large.")
            }
            for _ in 0..<min { program += steps }
            if let max {
                for _ in min..<max { program += [.split(1, steps.count + 1)] + steps }
            } else {
                program += [.split(1, steps.count + 2)] + steps + [.jump(-steps.count - 1)]
            }
        }
    }

    private func steps() throws(PatternError) -> [Instruction] {
        var program: [Instruction] = []
        try compile(into: &program)
        return program
    }
}
