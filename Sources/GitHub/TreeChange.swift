package import Application
package import EventSourcing

/// One line of a tree to be made from another: a file with this content, or one that is no more.
package struct TreeChange: Equatable, Sendable {
    package let path: String
    package let mode: String
    package let type: String
    /// Nil removes what is at the path; GitHub answers 422 if nothing is.
    package let content: String?

    package static func write(_ path: String, _ content: String) -> TreeChange {
        TreeChange(path: path, mode: "100644", type: "blob", content: content)
    }

    package static func remove(_ entry: GitTree.Entry, at path: String) -> TreeChange {
        TreeChange(path: path, mode: entry.mode, type: entry.type, content: nil)
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = ["path": .string(path), "mode": .string(mode), "type": .string(type)]
        if let content { members["content"] = .string(content) } else { members["sha"] = .null }
        return .object(members)
    }
}

extension FolderChange {
    /// What has to change for the folder to hold exactly the wanted files; `entries` is what it holds, all levels, with
    /// paths relative to the folder. In the order of the paths.
    package func changes(from entries: [GitTree.Entry]) -> [TreeChange] {
        let existing = entries.filter { $0.type != "tree" }
        let byPath = Dictionary(existing.map { ($0.path, $0) }) { first, _ in first }
        let writes = files.filter { path, text in
            guard let entry = byPath[path] else { return true }
            return entry.mode != "100644" || entry.sha != GitBlob.sha(of: text)
        }
        let removals = existing.filter { entry in files[entry.path] == nil && !isReplaced(entry.path) }
        let changes =
            writes.map { TreeChange.write("\(folder)/\($0.key)", $0.value) }
            + removals.map { TreeChange.remove($0, at: "\(folder)/\($0.path)") }
        return changes.sorted { $0.path < $1.path }
    }

    /// Whether writing a wanted file takes the place of the path: a file becomes a folder, or a folder a file. Git has no
    /// room for both, so a removal on top would name something that is not there any more.
    private func isReplaced(_ path: String) -> Bool {
        files.keys.contains { $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/") }
    }

    /// Why Git could not or should not hold these paths; nil if it can.
    package var defect: String? {
        for path in [folder] + files.keys.map({ "\(folder)/\($0)" }) {
            for component in path.split(separator: "/", omittingEmptySubsequences: false) {
                if component.isEmpty || component == "." || component == ".." || component.lowercased() == ".git"
                    || component.utf8.contains(0)
                {
                    return "the path \(path) cannot be in a Git repository"
                }
            }
        }
        return nil
    }
}
