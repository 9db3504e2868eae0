/// Lays an overlay over manifests the way Kubernetes' strategic merge does.
///
/// Maps merge entry by entry and null removes an entry. Lists of maps merge by `mountPath` or else by `name`, where every element
/// of both lists has one and none twice (containers, env, volumes, ports …); other lists are replaced. All this happens before
/// evaluation, so no parameter can decide what merges with what.
enum Overlay {
    /// Documents match by `apiVersion`, `kind` and `metadata.name` as written; an unmatched one is added.
    static func merge(_ overlay: [SourceNode], into documents: [SourceNode]) -> [SourceNode] {
        var result = documents
        for document in overlay {
            if let index = result.firstIndex(where: { DocumentKey($0) == DocumentKey(document) }) {
                result[index] = merge(document, into: result[index])
            } else {
                result.append(document)
            }
        }
        return result
    }

    static func merge(_ overlay: SourceNode, into node: SourceNode) -> SourceNode {
        switch (node.content, overlay.content) {
        case (.map(let members), .map(let changes)):
            SourceNode(place: node.place, content: .map(merge(changes, into: members)))
        case (.list(let elements), .list(let changes)):
            SourceNode(place: overlay.place, content: .list(mergeByName(changes, into: elements)))
        default: overlay
        }
    }

    private static func merge(_ changes: [SourceNode.Member], into members: [SourceNode.Member]) -> [SourceNode.Member]
    {
        var result = members
        for change in changes {
            let index = result.firstIndex { $0.key == change.key }
            if change.value.content == .value(.null) {
                if let index { result.remove(at: index) }
            } else if let index {
                result[index].value = merge(change.value, into: result[index].value)
            } else {
                result.append(change)
            }
        }
        return result
    }

    private static func mergeByName(_ changes: [SourceNode], into elements: [SourceNode]) -> [SourceNode] {
        guard let key = ["mountPath", "name"].first(where: { names(elements, $0) != nil && names(changes, $0) != nil })
        else { return changes }
        var result = elements
        for change in changes {
            if let index = result.firstIndex(where: { $0[key]?.text == change[key]?.text }) {
                result[index] = merge(change, into: result[index])
            } else {
                result.append(change)
            }
        }
        return result
    }

    /// The elements' names under `key`; nil where one is missing or occurs twice.
    private static func names(_ elements: [SourceNode], _ key: String) -> [String]? {
        let names = elements.compactMap { $0[key]?.text }
        return names.count == elements.count && Set(names).count == names.count && !names.isEmpty ? names : nil
    }
}

/// What makes two documents the same Kubernetes object.
struct DocumentKey: Equatable, Hashable {
    let apiVersion: String
    let kind: String
    let name: String

    init?(_ document: SourceNode) {
        guard let apiVersion = document["apiVersion"]?.text, let kind = document["kind"]?.text,
            let name = document["metadata"]?["name"]?.text
        else { return nil }
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
    }
}
