package import Application

/// Finds which changes of a batch a rule of the repository speaks against, in few commits.
///
/// The rule's text names the folder, or else halves of the batch are tried. Of a batch in which nothing at all goes through only the
/// first few are tried: the rule is then likely to be against all, and the rest may come again.
package struct FaultSearch {
    private let changes: [FolderChange]
    private var parts: [[Int]]
    private var found: [Int: Result<CommitEvidence, ProviderError>] = [:]
    private var refusals = 0
    private var successes = 0
    private(set) var isBegun = false

    /// Single changes refused in vain before the others are left for later.
    static let refusalsMax = 2

    package init(_ changes: [FolderChange]) {
        self.changes = changes
        parts = [Array(changes.indices)]
    }

    /// What to commit next, by index; nil at the end.
    package mutating func next() -> [Int]? { parts.popLast() }

    package mutating func succeeded(_ part: [Int], _ evidence: [CommitEvidence]) {
        isBegun = true
        successes += 1
        for (index, evidence) in zip(part, evidence) { found[index] = .success(evidence) }
    }

    /// What is wrong is not one of the changes: all that is left has the same fate.
    package mutating func failed(_ part: [Int], _ error: ProviderError) {
        for index in part + parts.flatMap({ $0 }) { found[index] = .failure(error) }
        parts = []
    }

    package mutating func refused(_ part: [Int], because reason: String) {
        isBegun = true
        let named = part.filter { reason.contains("\(changes[$0].folder)/") }
        let atFault = part.count == 1 ? part : named.count < part.count ? named : []
        for index in atFault { found[index] = .failure(.refused(reason: reason)) }
        let rest = part.filter { !atFault.contains($0) }
        guard atFault.isEmpty else {
            if part.count == 1 { refusals += 1 }
            if successes == 0, refusals >= Self.refusalsMax {
                failed(rest, .retryable(reason: "not tried after others were refused: \(reason)", after: nil))
            } else if !rest.isEmpty {
                parts.append(rest)
            }
            return
        }
        let middle = (rest.count + 1) / 2
        parts.append(Array(rest[middle...]))
        parts.append(Array(rest[..<middle]))
    }

    /// For each change, in their order.
    package var results: [Result<CommitEvidence, ProviderError>] {
        changes.indices.map { found[$0] ?? .failure(.retryable(reason: "not tried", after: nil)) }
    }
}
