/// Brings payloads of one event type from one schema version to the next.
///
/// It is written once, as data: the reader in Swift and the views in SQL both follow these edits.
package struct Upcast: Equatable, Sendable {
    package let type: EventType
    /// The version that it reads; it makes the next.
    package let from: Int
    package let edits: [PayloadEdit]

    package init(_ type: EventType, from: Int, _ edits: PayloadEdit...) {
        self.init(type, from: from, edits: edits)
    }

    package init(_ type: EventType, from: Int, edits: [PayloadEdit]) {
        precondition(edits.allSatisfy(\.isWellFormed), "A path is empty, or one lies in the other")
        self.type = type
        self.from = from
        self.edits = edits
    }
}

/// One change of a payload's shape.
///
/// A path names members from the outside in and never goes through an array. Where a parent is missing or no object, an edit does
/// nothing.
package enum PayloadEdit: Equatable, Sendable {
    /// Gives a member a value where it is missing; one that is null is there.
    case add([String], JSONValue)
    case remove([String])
    /// Renames a member or moves it elsewhere, over what is there. Where the member is missing, or the new parent, nothing happens.
    case move([String], to: [String])
    /// Puts another text in the place of one, such as a value's new name.
    case replace([String], String, with: String)

    /// Changes the payload in place.
    package func apply(to payload: inout JSONValue) {
        switch self {
        case .add(let path, let value):
            if payload.holdsParent(of: path), payload.member(path) == nil { payload.set(path, value) }
        case .remove(let path): payload.set(path, nil)
        case .move(let path, let target):
            guard let value = payload.member(path), payload.holdsParent(of: target) else { return }
            payload.set(path, nil)
            payload.set(target, value)
        case .replace(let path, let old, let new):
            if payload.member(path) == .string(old) { payload.set(path, .string(new)) }
        }
    }

    /// As the database keeps it.
    package var json: JSONValue {
        func list(_ path: [String]) -> JSONValue { .array(path.map { .string($0) }) }
        return switch self {
        case .add(let path, let value): ["add": list(path), "value": value]
        case .remove(let path): ["remove": list(path)]
        case .move(let path, let target): ["move": list(path), "to": list(target)]
        case .replace(let path, let old, let new):
            ["replace": list(path), "old": .string(old), "new": .string(new)]
        }
    }

    fileprivate var isWellFormed: Bool {
        switch self {
        case .add(let path, _), .remove(let path), .replace(let path, _, _): !path.isEmpty
        case .move(let path, let target):
            !path.isEmpty && !target.isEmpty && !path.starts(with: target) && !target.starts(with: path)
        }
    }
}

extension [Upcast] {
    /// The steps from `version` of a type to the current one, in order; empty if it is current.
    package func chain(for type: EventType, version: Int) -> [Upcast] {
        var chain: [Upcast] = []
        var version = version
        while let next = first(where: { $0.type == type && $0.from == version }) {
            chain.append(next)
            version += 1
        }
        return chain
    }
}

extension JSONValue {
    /// The member at a path of objects.
    fileprivate func member(_ path: some Collection<String>) -> JSONValue? {
        path.reduce(Optional(self)) { value, name in value?.object?[name] }
    }

    fileprivate func holdsParent(of path: [String]) -> Bool { member(path.dropLast())?.object != nil }

    /// Sets or removes (nil) a member whose parent is there; otherwise does nothing.
    fileprivate mutating func set(_ path: [String], _ value: JSONValue?) { set(path[...], value) }

    private mutating func set(_ path: ArraySlice<String>, _ value: JSONValue?) {
        guard let name = path.first, case .object(var members) = self else { return }
        if path.count == 1 {
            members[name] = value
        } else if var inner = members[name] {
            inner.set(path.dropFirst(), value)
            members[name] = inner
        }
        self = .object(members)
    }
}

extension StorableEvent {
    /// Reads any version that was ever written: an old one is first brought to the current shape.
    package init(
        upcasting type: EventType, version: Int, payload: some StoredPayload
    ) throws(UnreadableEvent) {
        let chain = Self.upcasts.isEmpty ? [] : Self.upcasts.chain(for: type, version: version)
        guard let last = chain.last else {
            try self.init(type, version: version, payload: payload)
            return
        }
        var current = payload
        do {
            try current.edit { for upcast in chain { for edit in upcast.edits { edit.apply(to: &$0) } } }
        } catch {
            throw .badPayload(type, version: version, reason: "\(error)")
        }
        try self.init(type, version: last.from + 1, payload: current)
    }
}
