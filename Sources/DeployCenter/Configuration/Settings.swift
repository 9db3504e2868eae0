import FoundationEssentials

/// The environment read as settings: collects every problem, so that one run tells all that is missing or wrong.
struct Settings {
    private let environment: [String: String]
    private(set) var problems: [String] = []

    init(_ environment: [String: String]) { self.environment = environment }

    /// What is set, from the variable or from the file that `<key>_FILE` names; else the standard value; nil for nothing.
    mutating func text(_ setting: Setting) -> String? {
        if let value = environment[setting.key], !value.isEmpty { return value }
        if setting.isSecret, let path = environment[setting.key + "_FILE"] {
            if let content = try? String(contentsOfFile: path, encoding: .utf8) {  // Told as a problem just below.
                return content.hasSuffix("\n") ? String(content.dropLast()) : content
            }
            problems.append("\(setting.key)_FILE: cannot read \(path)")
            return nil
        }
        if let standard = setting.standard { return standard }
        if setting.isRequired {
            let how = setting.isSecret ? "set it, or \(setting.key)_FILE to a file that holds it" : "set it"
            problems.append("\(setting.key) is missing (\(setting.purpose)): \(how)")
        }
        return nil
    }

    /// What is set, cut at commas.
    mutating func list(_ setting: Setting) -> [String] {
        text(setting)?.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) } ?? []
    }

    mutating func integer(_ setting: Setting, in range: ClosedRange<Int>) -> Int {
        let value = text(setting) ?? ""
        guard let number = Int(value), range.contains(number) else {
            problems.append(
                "\(setting.key) is \(value): give a whole number from \(range.lowerBound) to \(range.upperBound)")
            return range.lowerBound
        }
        return number
    }

    mutating func flag(_ setting: Setting) -> Bool {
        let value = text(setting) ?? ""
        guard let flag = Bool(value) else {
            problems.append("\(setting.key) is \(value): give true or false")
            return false
        }
        return flag
    }

    mutating func complain(_ setting: Setting, _ message: String) { problems.append("\(setting.key) \(message)") }

    /// What `check-config` shows: secrets only as "set".
    mutating func shown(_ setting: Setting) -> String {
        guard let value = text(setting) else { return "(not set)" }
        return setting.isSecret ? "(set, hidden)" : value
    }
}

/// Settings that cannot be used, told all at once.
struct ConfigurationProblems: Error, CustomStringConvertible {
    let problems: [String]

    var description: String {
        "the configuration is not usable:\n" + problems.map { "  - \($0)" }.joined(separator: "\n")
            + "\n`deploycenter check-config` shows every setting."
    }
}
