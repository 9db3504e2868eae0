/// How an unquoted scalar of YAML is to be read. Used to read templates, and to know which texts need quotes when written.
enum PlainScalar: Equatable {
    case value(ManifestValue)
    case text
    /// YAML 1.1 (which Kubernetes reads) and 1.2 (which most else reads) disagree.
    case ambiguous

    init(_ text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .value(.null)
        case "true", "True", "TRUE": self = .value(.bool(true))
        case "false", "False", "FALSE": self = .value(.bool(false))
        default: self = Self.number(text) ?? (Self.isAmbiguous(text) ? .ambiguous : .text)
        }
    }

    private static func number(_ text: String) -> PlainScalar? {
        var digits = text.utf8[...]
        if digits.first == UInt8(ascii: "-") { digits = digits.dropFirst() }
        guard let first = digits.first, isDigit(first), digits.allSatisfy({ isDigit($0) || ".eE+-".utf8.contains($0) })
        else { return nil }
        let whole = digits.prefix(while: isDigit)
        guard whole.count == 1 || first != UInt8(ascii: "0") else { return nil }
        if whole.count == digits.count { return Int64(text).map { .value(.integer($0)) } }
        return Double(text).flatMap { $0.isFinite ? .value(.number($0)) : nil }
    }

    /// Anything else that some reader takes for a number, a truth value or a date.
    private static func isAmbiguous(_ text: String) -> Bool {
        if ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(text.lowercased()) { return true }
        if [".inf", ".nan", "+.inf", "-.inf", "=", "<<"].contains(text.lowercased()) { return text != "<<" }
        // What the patterns below begin with: they are made anew each time, which costs more than the match.
        guard text.utf8.prefix(3).contains(where: isDigit), let first = text.utf8.first,
            isDigit(first) || "+-._eE".utf8.contains(first)
        else { return false }
        // Hexadecimal, octal, binary · 012, 1_000, +1, .5, exponents · 1:30 in base 60 · dates and times.
        return text.wholeMatch(of: /[-+]?0(x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)/) != nil
            || text.wholeMatch(of: /[-+]?([0-9][0-9_]*)?\.?[0-9_]*([eE][-+]?[0-9]+)?/) != nil
            || text.wholeMatch(of: /[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?/) != nil
            || text.wholeMatch(of: /[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?/) != nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
