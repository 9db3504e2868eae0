import EventSourcing
import HTTPTypes
import JSONSchema

/// The parts of a request's target, with percent-encoding resolved.
struct Target: Sendable {
    let path: [String]
    let query: [(name: String, value: String)]

    /// Nil where an escape is broken or the bytes are not UTF-8.
    init?(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for segment in parts[0].split(separator: "/") {
            guard let text = Self.decode(segment, plusIsSpace: false) else { return nil }
            path.append(text)
        }
        var query: [(name: String, value: String)] = []
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0], plusIsSpace: true),
                let value = Self.decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            else { return nil }
            query.append((name, value))
        }
        self.path = path
        self.query = query
    }

    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard digits.count == 2, let digitText = String(digits), digitText.allSatisfy(\.isHexDigit),
                    let value = UInt8(digitText, radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension Catalogue {
    /// The values of an operation's parameters, and everything that is wrong with them.
    func arguments(
        of operation: Operation, path: [String: String], query: [(name: String, value: String)], headers: HTTPFields
    ) -> (values: [String: JSONValue], errors: [FieldError]) {
        var values: [String: JSONValue] = [:]
        var errors: [FieldError] = []
        let checked = parameters(of: operation)
        for known in checked {
            let parameter = known.parameter
            let texts = parameter.texts(path: path, query: query, headers: headers)
            if texts.count > 1 {
                errors.append(FieldError(parameter.place.part, "/\(parameter.name)", "is given more than once"))
            }
            guard let text = texts.first else {
                values[parameter.name] = parameter.schema["default"]
                continue
            }
            let value = parameter.value(of: text)
            errors += known.schema.validate(value).map {
                FieldError(parameter.place.part, "/\(parameter.name)\($0.path)", $0.message)
            }
            values[parameter.name] = value
        }
        let names = checked.map(\.parameter).filter { $0.place == .query }.map(\.name)
        for (name, _) in query where !names.contains(name) {
            let known = names.isEmpty ? "this takes none" : "known are \(names.joined(separator: ", "))"
            errors.append(FieldError(.query, "/\(name.prefix(100))", "is not known; \(known)"))
        }
        return (values, errors)
    }
}

extension Parameter {
    fileprivate func texts(
        path: [String: String], query: [(name: String, value: String)], headers: HTTPFields
    ) -> [String] {
        switch place {
        case .path: path[name].map { [$0] } ?? []
        case .query: query.filter { $0.name == name }.map(\.value)
        case .header: HTTPField.Name(name).map { headers[values: $0] } ?? []
        }
    }
}

extension Parameter.Place {
    fileprivate var part: FieldError.Part {
        switch self {
        case .path: .path
        case .query: .query
        case .header: .header
        }
    }
}
