import Application
import GitHub
import Testing

@Suite struct `The search for a change that a rule is against` {
    private let changes = (0..<64).map { FolderChange("deployments/d\($0)", ["a": "1"]) }

    @Test(arguments: [[0], [63], [17, 40], [5, 6]]) func `finds it in few commits`(bad: [Int]) {
        let (results, tries) = search(bad: Set(bad)) { _ in "a rule" }
        for (index, result) in results.enumerated() {
            switch result {
            case .success: #expect(!bad.contains(index))
            case .failure(let error): #expect(bad.contains(index) && error == .refused(reason: "a rule"))
            }
        }
        #expect(tries <= 13 * bad.count, "\(tries)")
    }

    @Test func `takes one more commit where the rule names the folder`() {
        let (results, tries) = search(bad: [17]) { "no changes to deployments/d\($0)/a" }
        #expect(results.count { if case .success = $0 { true } else { false } } == 63)
        #expect(tries == 2)
    }

    @Test func `ends soon where nothing goes through, and lets the rest come again`() {
        let (results, tries) = search(bad: Set(changes.indices)) { _ in "a rule" }
        #expect(tries <= 9, "\(tries)")
        let refused = results.count { if case .failure(.refused) = $0 { true } else { false } }
        #expect(refused == 2)
    }

    @Test func `ends at once where GitHub does not answer`() {
        var search = FaultSearch(changes)
        let part = search.next() ?? []
        search.failed(part, .retryable(reason: "no answer", after: nil))
        #expect(search.next() == nil)
        #expect(search.results.allSatisfy { $0 == .failure(.retryable(reason: "no answer", after: nil)) })
    }

    private func search(
        bad: Set<Int>, reason: (Int) -> String
    ) -> ([Result<CommitEvidence, ProviderError>], Int) {
        var search = FaultSearch(changes)
        var tries = 0
        while let part = search.next() {
            tries += 1
            if let first = part.first(where: bad.contains) {
                search.refused(part, because: reason(first))
            } else {
                search.succeeded(part, part.map { CommitEvidence(commit: "c\($0)", isNew: true) })
            }
        }
        return (search.results, tries)
    }
}
