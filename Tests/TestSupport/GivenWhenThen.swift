package import EventSourcing
package import Testing

/// Starts a sentence about rules: given these facts, when this is asked, then these facts follow.
package func given<Rules: Decider>(_ rules: Rules.Type, _ history: Rules.Event...) -> Given<Rules> {
    Given(history: history)
}

package func given<Rules: Decider>(_ rules: Rules.Type, _ history: [Rules.Event]) -> Given<Rules> {
    Given(history: history)
}

/// What has happened before anybody asks.
package struct Given<Rules: Decider>: Sendable {
    package let history: [Rules.Event]

    package func when(_ command: Rules.Command) -> Decided<Rules> {
        do {
            return Decided(outcome: .success(try Rules.decide(command, in: Rules.fold(history))))
        } catch {
            return Decided(outcome: .failure(error))
        }
    }
}

/// What the rules answered; each check reports at the line of the test.
package struct Decided<Rules: Decider>: Sendable {
    package let outcome: Result<[Rules.Event], Rules.Rejection>

    package func then(_ expected: Rules.Event..., sourceLocation: SourceLocation = #_sourceLocation) {
        check(expected, at: sourceLocation)
    }

    package func then(_ expected: [Rules.Event], sourceLocation: SourceLocation = #_sourceLocation) {
        check(expected, at: sourceLocation)
    }

    package func thenNothing(sourceLocation: SourceLocation = #_sourceLocation) {
        check([], at: sourceLocation)
    }

    package func thenRejected(_ expected: Rules.Rejection, sourceLocation: SourceLocation = #_sourceLocation) {
        switch outcome {
        case .failure(let rejection):
            #expect(rejection == expected, sourceLocation: sourceLocation)
        case .success(let events):
            Issue.record("expected to be refused with \(expected), but got \(events)", sourceLocation: sourceLocation)
        }
    }

    private func check(_ expected: [Rules.Event], at sourceLocation: SourceLocation) {
        switch outcome {
        case .success(let events):
            #expect(events == expected, sourceLocation: sourceLocation)
        case .failure(let rejection):
            Issue.record("expected \(expected), but was refused with \(rejection)", sourceLocation: sourceLocation)
        }
    }
}
