/// Differences between two versions of a file, in the unified format that `git diff` and `patch` know.
package enum LineDiff {
    /// Lines that stay the same and are shown around a change.
    static let context = 3

    /// Nil stands for no file; empty if both are equal.
    package static func unified(from old: String?, to new: String?, path: String) -> String {
        guard old != new else { return "" }
        let edits = edits(from: lines(old), to: lines(new))
        let hunks = hunks(edits).map { text(of: edits, $0) }
        return "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
            + hunks.joined()
    }

    private enum Edit {
        case keep(Substring), remove(Substring), insert(Substring)

        var isChange: Bool { if case .keep = self { false } else { true } }
        var isOld: Bool { if case .insert = self { false } else { true } }
        var isNew: Bool { if case .remove = self { false } else { true } }

        var text: String {
            let (sign, line) =
                switch self {
                case .keep(let line): (" ", line)
                case .remove(let line): ("-", line)
                case .insert(let line): ("+", line)
                }
            return sign + line + (line.hasSuffix("\n") ? "" : "\n\\ No newline at end of file\n")
        }
    }

    /// Each with its line break.
    private static func lines(_ text: String?) -> [Substring] {
        var lines: [Substring] = []
        var rest = Substring(text ?? "")
        while let end = rest.firstIndex(of: "\n") {
            lines.append(rest[...end])
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { lines.append(rest) }
        return lines
    }

    private static func edits(from old: [Substring], to new: [Substring]) -> [Edit] {
        var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var edits: [Edit] = []
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if before < old.count, removed.contains(before) {
                edits.append(.remove(old[before]))
                before += 1
            } else if after < new.count, inserted.contains(after) {
                edits.append(.insert(new[after]))
                after += 1
            } else {
                edits.append(.keep(old[before]))
                (before, after) = (before + 1, after + 1)
            }
        }
        return edits
    }

    /// Changes with what is around them; those that are near each other together.
    private static func hunks(_ edits: [Edit]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for index in edits.indices where edits[index].isChange {
            let around = max(0, index - context)..<min(edits.count, index + context + 1)
            if let last = hunks.last, around.lowerBound <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
            } else {
                hunks.append(around)
            }
        }
        return hunks
    }

    private static func text(of edits: [Edit], _ hunk: Range<Int>) -> String {
        func range(_ belongs: (Edit) -> Bool) -> String {
            let before = edits[..<hunk.lowerBound].count(where: belongs)
            let count = edits[hunk].count(where: belongs)
            // Of a range without lines it is the line before that is named.
            return "\(count == 0 ? before : before + 1),\(count)"
        }
        return "@@ -\(range(\.isOld)) +\(range(\.isNew)) @@\n" + edits[hunk].map(\.text).joined()
    }
}
