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
        guard text.utf8.prefix(3).contains(where: isDigit) else { return false }
        let bytes = Array(text.utf8)
        return isNumberLike(bytes) || isDateLike(bytes)
    }

    // By hand: regular expressions took a third of the time of writing a release's files.

    /// Hexadecimal, octal, binary · 012, 1_000, +1, .5, exponents · 1:30 in base 60.
    private static func isNumberLike(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
        if rest.first == UInt8(ascii: "0"), rest.count > 2 {
            let digits = rest.dropFirst(2)
            switch rest[rest.startIndex + 1] {
            case UInt8(ascii: "x"):
                return digits.allSatisfy { isDigitOrLine($0) || (0x61...0x66).contains($0 | 0x20) }
            case UInt8(ascii: "o"): return digits.allSatisfy { isDigitOrLine($0) && $0 != 0x38 && $0 != 0x39 }
            case UInt8(ascii: "b"): return digits.allSatisfy { "01_".utf8.contains($0) }
            default: break
            }
        }
        if rest.first.map(isDigit) == true {
            rest = rest.drop(while: isDigitOrLine)
            if rest.first == UInt8(ascii: ":") { return isBase60Like(rest) }
        }
        if rest.first == UInt8(ascii: ".") { rest.removeFirst() }
        rest = rest.drop(while: isDigitOrLine)
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest.removeFirst()
        if let sign = rest.first, "+-".utf8.contains(sign) { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    /// What follows the first part: up to 59 after each colon, and a fraction at the end.
    private static func isBase60Like(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            let digits = rest.prefix(while: isDigit)
            guard (1...2).contains(digits.count), digits.count == 1 || digits[digits.startIndex] <= 0x35 else {
                return false
            }
            rest = rest.dropFirst(digits.count)
        }
        guard rest.first == UInt8(ascii: ".") else { return rest.isEmpty }
        return rest.dropFirst().allSatisfy(isDigitOrLine)
    }

    /// Dates, and dates with anything that begins like a time.
    private static func isDateLike(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, (1...2).contains(parts[1].count),
            parts[0].allSatisfy(isDigit), parts[1].allSatisfy(isDigit)
        else { return false }
        let day = parts[2].prefix(while: isDigit)
        guard (1...2).contains(day.count) else { return false }
        return parts[2].dropFirst(day.count).first.map { "Tt \t".utf8.contains($0) } ?? true
    }

    private static func isDigitOrLine(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
