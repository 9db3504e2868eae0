import TestSupport

/// JSON texts of every kind, often with the spaces and the order of keys that Postgres gives `jsonb`.
enum RandomJSON {
    static func text(using random: inout SeededRandom, depth: Int = 0) -> String {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &random) {
        case 0: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        case 1, 2: return number(using: &random)
        case 3, 4: return string(using: &random)
        case 5:
            let elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in text(using: &random, depth: depth + 1)
            }
            return "[" + elements.joined(separator: ", ") + "]"
        default: return object(using: &random, depth: depth)
        }
    }

    static func object(using random: inout SeededRandom, depth: Int = 0) -> String {
        var names: Set<String> = []
        let members = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ -> String? in
            let name = plain(using: &random)
            // Names that differ only in normalization are one to a Swift set, and two to JSON: one of them is enough.
            guard names.insert(name).inserted else { return nil }
            return quoted(name, using: &random) + ": " + text(using: &random, depth: depth + 1)
        }
        return "{" + members.joined(separator: ", ") + "}"
    }

    static func number(using random: inout SeededRandom) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return String(Int64.random(in: -1000...1000, using: &random))
        case 1: return String(Int64.random(in: .min...(.max), using: &random))
        case 2: return "\(Int.random(in: 0...99, using: &random)).\(Int.random(in: 0...99999, using: &random))0"
        case 3:
            return "-\(Int.random(in: 1...9, using: &random))E\(Int.random(in: -330...308, using: &random))"
        case 4:
            return
                "\(Int.random(in: 0...9, using: &random)).\(UInt64.random(in: 0...(.max), using: &random))e+\(Int.random(in: 0...40, using: &random))"
        default:
            let value = Double(bitPattern: UInt64.random(in: 0...(.max), using: &random))
            return value.isFinite ? value.description : "-0.0"
        }
    }

    static func string(using random: inout SeededRandom) -> String {
        quoted(plain(using: &random), using: &random)
    }

    private static func plain(using random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let ranges: [ClosedRange<UInt32>] = [
                0x61...0x7A, 0x61...0x66, 0x20...0x7E, 0...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x2FF,
                0x2000...0x20FF,
                0xE000...0xFFFF, 0x1F600...0x1F64F,
            ]
            let range = ranges.randomElement(using: &random) ?? 0x61...0x7A
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }

    /// With escapes where they must be, and here and there where they need not.
    private static func quoted(_ text: String, using random: inout SeededRandom) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            let mustBeEscaped = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                for unit in String(scalar).utf16 {
                    quoted += "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst()
                }
            case _ where scalar == "\n": quoted += "\\n"
            case _ where scalar == "\"" || scalar == "\\": quoted += "\\" + String(scalar)
            case _ where mustBeEscaped:
                quoted += "\\u00" + String(0x100 + Int(scalar.value), radix: 16).uppercased().dropFirst()
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
