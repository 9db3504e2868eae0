package import Domain
package import EventSourcing

/// What forgetting somebody did.
package struct ForgetReceipt: Equatable, Sendable {
    package let subject: ID<DataSubject>
    /// Keys that were destroyed now; empty if the subject was forgotten before and nothing new was kept since.
    package let destroyedKeys: [String]
    package let receipt: CommandReceipt

    package init(subject: ID<DataSubject>, destroyedKeys: [String], receipt: CommandReceipt) {
        self.subject = subject
        self.destroyedKeys = destroyedKeys
        self.receipt = receipt
    }
}

extension Commands {
    /// Makes what is kept about somebody unreadable for ever, and records that. The key goes in the transaction of the fact.
    ///
    /// A repetition answers without a fact, and ends what a broken off one may have left.
    @discardableResult
    package func forget(
        _ subject: ID<DataSubject>, reason: String, keeper: some PersonalDataKeeper, _ context: CommandContext
    ) async throws(CommandError) -> ForgetReceipt {
        // Before the stream is read: if somebody else destroys the key now, the stream says so by then.
        let kept = try await keeping { () throws(PersonalDataError) in try await keeper.subject(subject.rawValue) }
        let keys = [kept?.key].compactMap { $0 }
        var destroyed: [String] = []
        let receipt = try await run(
            DataSubject.self, on: .subject(subject), context, refusal: { Self.refusal(subject, $0) },
            command: { state throws(CommandError) in
                destroyed = keys.filter { !state.forgotten.contains($0) }
                return .forget(subject, keys: keys, reason: reason)
            })
        try await keeping { () throws(PersonalDataError) in try await keeper.dropRemains(of: subject.rawValue) }
        return ForgetReceipt(subject: subject, destroyedKeys: receipt.isRepetition ? [] : destroyed, receipt: receipt)
    }

    private static func refusal(_ id: ID<DataSubject>, _ rejection: DataSubject.Rejection) -> Refusal {
        switch rejection {
        case .nothingKept:
            Refusal(
                .notFound, "subject.nothing_kept", "Nothing is kept under \(id), and nothing was.",
                whatToDo:
                    "Look at the list of subjects: a customer's contact is `customer:<id>`, a user `actor:<subject>`.")
        }
    }

    private func keeping<Value>(
        _ work: () async throws(PersonalDataError) -> Value
    ) async throws(CommandError) -> Value {
        do throws(PersonalDataError) { return try await work() } catch { throw .unavailable(reason: "\(error)") }
    }
}
