/// An element of an AWS request or answer: name, text and children; attributes and namespaces carry nothing there.
struct XMLElement: Codable, Sendable, Equatable {
    var name: String
    var text = ""
    var children: [XMLElement] = []

    init(_ name: String, _ text: String = "", _ children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    init(_ name: String, _ children: [XMLElement]) { self.init(name, "", children) }

    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    var rendered: String {
        if children.isEmpty { return "<\(name)>\(Self.escaped(text))</\(name)>" }
        return "<\(name)>\(children.map(\.rendered).joined())</\(name)>"
    }

    /// A whole document whose root names its namespace.
    func document(namespace: String) -> String {
        let inner = children.isEmpty ? Self.escaped(text) : children.map(\.rendered).joined()
        let attribute = namespace.isEmpty ? "" : " xmlns=\"\(namespace)\""
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<\(name)\(attribute)>\(inner)</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

/// Reads the XML that AWS clients send: elements, text, entities, comments; no DTD, which AWS refuses as well.
struct XMLReader {
    private var rest: Substring

    /// The root element; nil where the text is not well-formed.
    static func read(_ bytes: [UInt8]) -> XMLElement? {
        var reader = XMLReader(rest: Substring(decoding: bytes, as: UTF8.self))
        reader.skipProlog()
        guard let root = reader.element() else { return nil }
        reader.skipProlog()
        return reader.rest.isEmpty ? root : nil
    }

    private mutating func skipProlog() {
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == "\u{feff}" }
            if rest.hasPrefix("<?"), let end = rest.firstRange(of: "?>") {
                rest = rest[end.upperBound...]
            } else if rest.hasPrefix("<!--"), let end = rest.firstRange(of: "-->") {
                rest = rest[end.upperBound...]
            } else {
                return
            }
        }
    }

    private mutating func element() -> XMLElement? {
        guard rest.first == "<", let close = rest.firstIndex(of: ">") else { return nil }
        let tag = rest[rest.index(after: rest.startIndex)..<close]
        rest = rest[rest.index(after: close)...]
        let isEmpty = tag.hasSuffix("/")
        let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
        guard let first = name.first, first.isLetter || first == "_" else { return nil }
        let local = name.split(separator: ":").last.map(String.init) ?? String(name)
        var element = XMLElement(local)
        if isEmpty { return element }
        while true {
            element.text += text()
            if rest.hasPrefix("</") {
                guard let end = rest.firstIndex(of: ">"),
                    rest[..<end].dropFirst(2).trimming(\.isWhitespace) == name
                else { return nil }
                rest = rest[rest.index(after: end)...]
                if !element.children.isEmpty { element.text = "" }
                return element
            }
            if rest.hasPrefix("<!--") {
                guard let end = rest.firstRange(of: "-->") else { return nil }
                rest = rest[end.upperBound...]
            } else {
                guard let child = self.element() else { return nil }
                element.children.append(child)
            }
        }
    }

    private mutating func text() -> String {
        let end = rest.firstIndex(of: "<") ?? rest.endIndex
        let raw = rest[..<end]
        rest = rest[end...]
        guard raw.contains("&") else { return String(raw) }
        var result = ""
        for (index, part) in raw.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
            guard index > 0, let semicolon = part.firstIndex(of: ";") else {
                result += (index > 0 ? "&" : "") + part
                continue
            }
            let entity = part[..<semicolon]
            let known: [Substring: String] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
            let code = entity.hasPrefix("#x") ? UInt32(entity.dropFirst(2), radix: 16) : UInt32(entity.dropFirst())
            let character = code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
            result += (entity.hasPrefix("#") ? character : known[entity]) ?? "&\(entity);"
            result += part[part.index(after: semicolon)...]
        }
        return result
    }
}
