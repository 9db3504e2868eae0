import EventSourcing

/// Reads schema objects and collects everything that is wrong with them.
struct SchemaReader {
    private let whole: JSONValue
    private(set) var definitions: [String: SchemaNode] = [:]
    private(set) var problems: [Violation] = []
    private var references: [(text: String, at: Pointer)] = []

    init(whole: JSONValue) { self.whole = whole }

    /// The schema with everything that it refers to.
    mutating func read(_ schema: JSONValue) -> SchemaNode {
        let root = node(schema, at: Pointer())
        var seen: Set<String> = []
        while let reference = references.popLast() {
            guard seen.insert(reference.text).inserted else { continue }
            guard let target = resolve(reference.text) else {
                report(reference.at, "`$ref` \(reference.text) leads nowhere: use `#/…` and a place in this document.")
                continue
            }
            definitions[reference.text] = node(target.value, at: target.place)
        }
        for text in definitions.keys.sorted() where returnsToItself(text) {
            report(Pointer(), "`$ref` \(text) only leads back to itself: nothing would ever be checked.")
        }
        return root
    }

    private func resolve(_ text: String) -> (value: JSONValue, place: Pointer)? {
        guard text.hasPrefix("#/") else { return nil }
        var value = whole
        var place = Pointer()
        for token in text.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let key = token.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
                .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
            place = place.child(key)
            guard let next = value[key] ?? value.array.flatMap({ element(of: $0, key) }) else { return nil }
            value = next
        }
        return (value, place)
    }

    private func element(of array: [JSONValue], _ key: String) -> JSONValue? {
        guard let index = Int(key), array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Follows only what applies to the same value; a schema may well contain itself one level down.
    private func returnsToItself(_ start: String) -> Bool {
        var seen: Set<String> = []
        var open = definitions[start].map { [$0] } ?? []
        while let node = open.popLast() {
            open += node.allOf + node.anyOf + node.oneOf
            guard let reference = node.reference else { continue }
            if reference == start { return true }
            if seen.insert(reference).inserted, let target = definitions[reference] { open.append(target) }
        }
        return false
    }

    mutating func node(_ schema: JSONValue, at place: Pointer) -> SchemaNode {
        if schema == .bool(true) { return SchemaNode() }
        guard let members = schema.object else {
            report(place, "A schema is an object (or `true`).")
            return SchemaNode()
        }
        var node = SchemaNode()
        for (keyword, value) in members.sorted(by: { $0.key < $1.key }) {
            read(keyword, value, into: &node, at: place.child(keyword))
        }
        if let value = node.defaultValue, node.types.isEmpty == false, !node.types.contains(where: { $0.admits(value) })
        {
            report(place.child("default"), "The default does not have the schema's own type.")
        }
        return node
    }

    mutating func reference(_ text: String, at place: Pointer) -> String {
        references.append((text, place))
        return text
    }

    mutating func report(_ place: Pointer, _ message: String) {
        problems.append(Violation(path: place.text, message: message))
    }
}
