/// Everything that is wrong with a template or with what it is to be rendered from, told at once.
package struct TemplateProblems: Error, Equatable, Sendable, CustomStringConvertible {
    package let problems: [TemplateProblem]

    /// The same problem is told once: a document is evaluated again for its digest.
    package init(_ problems: [TemplateProblem]) { self.problems = Set(problems).sorted() }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong, and where.
package struct TemplateProblem: Error, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// A path within the template; `input` where the values are wrong and not the template.
    package let file: String
    /// Counted from 1; nil where the whole file is meant.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }

    package static func < (left: TemplateProblem, right: TemplateProblem) -> Bool {
        (left.file, left.line ?? 0, left.message) < (right.file, right.line ?? 0, right.message)
    }
}
