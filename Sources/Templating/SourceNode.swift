import EventSourcing

/// A piece of a template's YAML before evaluation, with the place to blame.
struct SourceNode: Equatable, Sendable {
    let place: Place
    var content: Content

    /// Text may hold expressions; `value` is any other scalar.
    enum Content: Equatable, Sendable {
        case text(String)
        case value(ManifestValue)
        case list([SourceNode])
        case map([Member])
    }

    /// One entry of a map; keys are never evaluated.
    struct Member: Equatable, Sendable {
        let key: String
        var value: SourceNode
    }

    subscript(key: String) -> SourceNode? { members?.first { $0.key == key }?.value }

    var members: [Member]? {
        if case .map(let members) = content { members } else { nil }
    }

    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    /// The value as written, where nothing is to be evaluated.
    var literal: ManifestValue {
        switch content {
        case .text(let text): .string(text)
        case .value(let value): value
        case .list(let elements): .list(elements.map(\.literal))
        case .map(let members): .map(members.map { .init(key: $0.key, value: $0.value.literal) })
        }
    }
}

/// A line of a file of the template.
struct Place: Equatable, Sendable {
    let file: String
    let line: Int?

    func problem(_ message: String) -> TemplateProblem { TemplateProblem(file: file, line: line, message: message) }
}
