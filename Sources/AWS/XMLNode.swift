/// An element of the XML that AWS answers: names, text and children; attributes and namespaces carry nothing that we need.
///
/// Document types are refused, so no entity can be declared.
package struct XMLNode: Equatable, Sendable {
    package let name: String
    package private(set) var text = ""
    package private(set) var children: [XMLNode] = []

    private init(name: String) { self.name = name }

    /// nil where the bytes are not one well-formed element.
    package init?(_ bytes: [UInt8]) {
        var reader = XMLReader(bytes)
        guard let root = reader.document() else { return nil }
        self = root
    }

    /// The first child of that name.
    package subscript(name: String) -> XMLNode? { children.first { $0.name == name } }

    package func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

    /// What AWS wants in element content.
    package static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            default: result.append(character)
            }
        }
    }

    /// Reads one document from its start to its end.
    private struct XMLReader {
        private var rest: ArraySlice<UInt8>
        /// Deeper than any answer of AWS, and far from the end of the stack.
        private static let depthMax = 64

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        mutating func document() -> XMLNode? {
            guard skipOutsideContent(), let root = element(depth: 0), skipOutsideContent(), rest.isEmpty else {
                return nil
            }
            return root
        }

        private mutating func element(depth: Int) -> XMLNode? {
            guard depth < Self.depthMax, let tag = startTag() else { return nil }
            var node = XMLNode(name: tag.name)
            if tag.isEmpty { return node }
            var text: [UInt8] = []
            while let byte = rest.first {
                if byte != UInt8(ascii: "<") {
                    text.append(byte)
                    rest.removeFirst()
                } else if starts(with: "</") {
                    guard let name = endTag(), name == tag.name, let decoded = Self.decoded(text) else { return nil }
                    node.text += decoded
                    return node
                } else if starts(with: "<![CDATA[") {
                    guard let decoded = Self.decoded(text), let raw = take(from: "<![CDATA[", through: "]]>") else {
                        return nil
                    }
                    node.text += decoded + String(decoding: raw, as: UTF8.self)
                    text = []
                } else if starts(with: "<!--") {
                    guard take(from: "<!--", through: "-->") != nil else { return nil }
                } else if starts(with: "<?") {
                    guard take(from: "<?", through: "?>") != nil else { return nil }
                } else {
                    guard let child = element(depth: depth + 1) else { return nil }
                    node.children.append(child)
                }
            }
            return nil
        }

        private mutating func startTag() -> (name: String, isEmpty: Bool)? {
            guard starts(with: "<"), let tag = take(from: "<", through: ">") else { return nil }
            let isEmpty = tag.last == UInt8(ascii: "/")
            let name = tag.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: "/") }
            guard let first = name.first, first != UInt8(ascii: "!") else { return nil }
            return (Self.localName(name), isEmpty)
        }

        private mutating func endTag() -> String? {
            guard let tag = take(from: "</", through: ">") else { return nil }
            return Self.localName(tag.prefix { !Self.isBlank($0) })
        }

        /// Blanks, the declaration and comments; false at a document type.
        private mutating func skipOutsideContent() -> Bool {
            while let byte = rest.first {
                if Self.isBlank(byte) || [0xEF, 0xBB, 0xBF].contains(byte) {
                    rest.removeFirst()
                } else if starts(with: "<?") {
                    guard take(from: "<?", through: "?>") != nil else { return false }
                } else if starts(with: "<!--") {
                    guard take(from: "<!--", through: "-->") != nil else { return false }
                } else {
                    return !starts(with: "<!")
                }
            }
            return true
        }

        private func starts(with text: String) -> Bool { rest.starts(with: text.utf8) }

        /// What stands between the two marks, which are passed over.
        private mutating func take(from start: String, through end: String) -> ArraySlice<UInt8>? {
            let content = rest.dropFirst(start.utf8.count)
            var index = content.startIndex
            while index < content.endIndex {
                if content[index...].starts(with: end.utf8) {
                    rest = content[(index + end.utf8.count)...]
                    return content[..<index]
                }
                index += 1
            }
            return nil
        }

        private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

        private static func localName(_ name: ArraySlice<UInt8>) -> String {
            String(decoding: name.split(separator: UInt8(ascii: ":")).last ?? name, as: UTF8.self)
        }

        /// Character data with its references resolved.
        private static func decoded(_ bytes: [UInt8]) -> String? {
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.contains("&") else { return text }
            var result = ""
            var rest = text[...]
            while let ampersand = rest.firstIndex(of: "&") {
                result += rest[..<ampersand]
                guard let semicolon = rest[ampersand...].firstIndex(of: ";"),
                    let character = character(rest[rest.index(after: ampersand)..<semicolon])
                else { return nil }
                result.unicodeScalars.append(character)
                rest = rest[rest.index(after: semicolon)...]
            }
            return result + rest
        }

        private static func character(_ name: Substring) -> Unicode.Scalar? {
            switch name {
            case "amp": "&"
            case "lt": "<"
            case "gt": ">"
            case "quot": "\""
            case "apos": "'"
            case _ where name.hasPrefix("#x"): UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            case _ where name.hasPrefix("#"): UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init)
            default: nil
            }
        }
    }
}
