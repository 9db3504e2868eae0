package import EventSourcing

/// A member of a JSON document that has another value than before.
package struct JSONChange: Codable, Equatable, Sendable {
    /// A JSON pointer (RFC 6901), such as `/run/steps/render`; empty for the document itself.
    package let path: String
    /// Nil if the member was not there.
    package let before: JSONValue?
    /// Nil if the member is not there any more.
    package let after: JSONValue?

    package init(path: String, before: JSONValue?, after: JSONValue?) {
        self.path = path
        self.before = before
        self.after = after
    }
}

extension JSONValue {
    /// What makes `other` of this value: members of objects one by one, in the order of their paths, anything else as a whole.
    package func changes(to other: JSONValue) -> [JSONChange] {
        var changes: [JSONChange] = []
        collectChanges(to: other, at: "", into: &changes)
        return changes
    }

    private func collectChanges(to other: JSONValue, at path: String, into changes: inout [JSONChange]) {
        guard self != other else { return }
        guard case .object(let old) = self, case .object(let new) = other else {
            changes.append(JSONChange(path: path, before: self, after: other))
            return
        }
        for key in Set(old.keys).union(new.keys).sorted() {
            let place = "\(path)/\(Self.pointerToken(key))"
            switch (old[key], new[key]) {
            case (let before?, let after?): before.collectChanges(to: after, at: place, into: &changes)
            case (let before, let after): changes.append(JSONChange(path: place, before: before, after: after))
            }
        }
    }

    private static func pointerToken(_ key: String) -> String {
        var token = ""
        for character in key {
            switch character {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.append(character)
            }
        }
        return token
    }
}
