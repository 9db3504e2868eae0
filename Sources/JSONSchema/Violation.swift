/// One thing that is wrong with a value, where it is, and what to do about it: made to be shown beside a form's field.
package struct Violation: Error, Codable, Hashable, Sendable {
    /// A JSON Pointer (RFC 6901); empty for the whole value.
    package let path: String
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

/// Everything that is wrong with a schema itself: the author of the schema, not of a value, has to act.
package struct JSONSchemaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Paths lead into the schema document.
    package let problems: [Violation]

    package init(problems: [Violation]) { self.problems = problems }

    package var description: String {
        problems.map { "\($0.path.isEmpty ? "/" : $0.path): \($0.message)" }.joined(separator: "; ")
    }
}

/// A place inside a JSON document, written as a JSON Pointer.
struct Pointer {
    private(set) var text = ""

    func child(_ key: String) -> Pointer {
        var escaped = ""
        for character in key {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.append(character)
            }
        }
        return Pointer(text: text + "/" + escaped)
    }

    func child(_ index: Int) -> Pointer { Pointer(text: "\(text)/\(index)") }
}
