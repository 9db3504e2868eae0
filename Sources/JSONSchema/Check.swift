import EventSourcing

/// One walk over a value beside its schema, collecting violations.
struct Check {
    let definitions: [String: SchemaNode]
    private(set) var violations: [Violation] = []

    init(definitions: [String: SchemaNode]) { self.definitions = definitions }

    mutating func check(_ value: JSONValue, against node: SchemaNode, at place: Pointer) {
        if let reference = node.reference, let target = definitions[reference] {
            check(value, against: target, at: place)
        }
        for part in node.allOf { check(value, against: part, at: place) }
        checkAlternatives(value, node, place)
        guard node.types.isEmpty || node.types.contains(where: { $0.admits(value) }) else {
            let wanted = node.types.map(\.withArticle).joined(separator: " or ")
            report(place, "Give \(wanted); this is \(value.kind).")
            return
        }
        if let allowed = node.allowedValues, !allowed.contains(where: { $0.equals(value) }) {
            let list = allowed.map(\.shown).joined(separator: ", ")
            report(place, allowed.count == 1 ? "It must be \(list)." : "Choose one of \(list).")
        }
        switch value {
        case .string(let text): check(text, node, place)
        case .integer(let number): check(Double(number), node, place)
        case .number(let number): check(number, node, place)
        case .array(let elements): check(elements, node, place)
        case .object(let members): check(members, node, place)
        case .null, .bool: break
        }
    }

    private mutating func checkAlternatives(_ value: JSONValue, _ node: SchemaNode, _ place: Pointer) {
        if !node.anyOf.isEmpty, !node.anyOf.contains(where: { admits(value, $0, place) }) {
            report(place, "It fits none of the \(node.anyOf.count) allowed forms.")
        }
        if !node.oneOf.isEmpty {
            let count = node.oneOf.count(where: { admits(value, $0, place) })
            if count != 1 { report(place, "It must fit exactly one of \(node.oneOf.count) forms, and fits \(count).") }
        }
    }

    private func admits(_ value: JSONValue, _ node: SchemaNode, _ place: Pointer) -> Bool {
        var trial = Check(definitions: definitions)
        trial.check(value, against: node, at: place)
        return trial.violations.isEmpty
    }

    private mutating func check(_ text: String, _ node: SchemaNode, _ place: Pointer) {
        // JSON Schema counts code points, not what a reader sees as one character.
        let length = text.unicodeScalars.count
        if let lower = node.length.lower, length < lower {
            report(
                place, lower == 1 ? "Give a text: it is empty." : "Use at least \(lower) characters; it has \(length).")
        }
        if let upper = node.length.upper, length > upper {
            report(place, "Use at most \(upper) characters; it has \(length).")
            return
        }
        if let pattern = node.pattern, !pattern.occurs(in: text) {
            report(place, "It must match the pattern \(pattern.text).")
        }
        if let format = node.format, !format.admits(text) {
            report(place, "Give \(format.description).")
        }
    }

    private mutating func check(_ number: Double, _ node: SchemaNode, _ place: Pointer) {
        if let lower = node.range.lower, number < lower { report(place, "Use at least \(shown(lower)).") }
        if let upper = node.range.upper, number > upper { report(place, "Use at most \(shown(upper)).") }
        if let lower = node.exclusiveRange.lower, number <= lower { report(place, "Use more than \(shown(lower)).") }
        if let upper = node.exclusiveRange.upper, number >= upper { report(place, "Use less than \(shown(upper)).") }
        if let divisor = node.multipleOf {
            let quotient = number / divisor
            // 0.3 / 0.1 is 2.9999999999999996: judge whole quotients with the precision of a Double.
            if abs(quotient - quotient.rounded()) > 1e-9 * max(1, abs(quotient)) {
                report(place, "Use a multiple of \(shown(divisor)).")
            }
        }
    }

    private mutating func check(_ elements: [JSONValue], _ node: SchemaNode, _ place: Pointer) {
        if let lower = node.itemCount.lower, elements.count < lower {
            report(place, "Give at least \(lower) entries; it has \(elements.count).")
        }
        if let upper = node.itemCount.upper, elements.count > upper {
            report(place, "Give at most \(upper) entries; it has \(elements.count).")
        }
        if node.uniqueItems, Set(elements).count < elements.count {
            report(place, "Give each entry once: at least one is repeated.")
        }
        guard let item = node.items.first else { return }
        for (index, element) in elements.enumerated() { check(element, against: item, at: place.child(index)) }
    }

    private mutating func check(_ members: [String: JSONValue], _ node: SchemaNode, _ place: Pointer) {
        for name in node.required where members[name] == nil {
            report(place.child(name), "Give a value: it is required.")
        }
        if let lower = node.propertyCount.lower, members.count < lower {
            report(place, "Give at least \(lower) properties; it has \(members.count).")
        }
        if let upper = node.propertyCount.upper, members.count > upper {
            report(place, "Give at most \(upper) properties; it has \(members.count).")
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if let property = node.properties[name] {
                check(value, against: property, at: place.child(name))
                continue
            }
            switch node.additionalProperties {
            case .any: break
            case .none: report(place.child(name), unknown(name, among: node.properties.keys.sorted()))
            case .each(let schema): check(value, against: schema, at: place.child(name))
            }
        }
    }

    private func unknown(_ name: String, among known: [String]) -> String {
        known.isEmpty
            ? "Remove it: nothing is expected here."
            : "Remove it: there is no such property; known are \(known.joined(separator: ", "))."
    }

    private mutating func report(_ place: Pointer, _ message: String) {
        violations.append(Violation(path: place.text, message: message))
    }
}

private func shown(_ number: Double) -> String {
    Int64(exactly: number).map { "\($0)" } ?? "\(number)"
}

extension JSONValue {
    /// 1 and 1.0 are one number in JSON.
    fileprivate func equals(_ other: JSONValue) -> Bool {
        if let left = double, let right = other.double { return left == right }
        return self == other
    }

    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    fileprivate var shown: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value.isEmpty ? "the empty text" : value
        case .array, .object: kind
        }
    }
}
