/// Asks again until the answer is yes. Each question should be a round trip, which is pause enough.
///
/// The end is there for what never happens: a machine that runs all tests at once can be hundreds of times slower than an idle one.
package func eventually(
    _ what: String, isolation: isolated (any Actor)? = #isolation, _ isSo: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(120)
    repeat {
        if try await isSo() { return }
        await Task.yield()
    } while ContinuousClock.now < end
    throw NeverHappened(what: what)
}

/// What a test waited for, or needs, and what is not so.
package struct NeverHappened: Error {
    let what: String

    package init(what: String) { self.what = what }
}
