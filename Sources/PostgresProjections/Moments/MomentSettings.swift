/// How many moments of the past are kept at hand, and how patient those are who ask for one.
package struct MomentSettings: Sendable {
    /// Moments at most, over all views and replicas. One more is built when asked for, and the longest unused goes.
    package var countMax: Int
    /// What they take on disk at most, tables and indexes; the last that somebody asked for stays, however large it is.
    package var bytesMax: Int64
    /// A moment that nobody asked for in this time goes too.
    package var unusedSecondsMax: Double
    /// Moments that are built at a time, over all replicas: each takes a connection and reads the log.
    package var buildsMax: Int
    /// How long a question about now waits for the live view before it has the moment built.
    package var liveWaitTimeout = Duration.seconds(1)
    /// How long a question waits for a moment that somebody else builds.
    package var waitTimeout: Duration
    /// Events of one row that are explained one by one; what was before is summed up in one step.
    package var explainedEventsMax: Int
    /// Explanations that are worked out at a time, over all replicas.
    package var explanationsMax: Int

    /// Positions that are looked through for the last event that a view reads: 16,384 events take 16 ms where none is.
    let blockSize: Int64 = 16_384
    /// Uses are noted this often, so that reading a moment seldom writes.
    var noteUseAfterSeconds: Double

    package init(
        countMax: Int = 16, bytesMax: Int64 = 2 << 30,
        unusedSecondsMax: Double = 3_600, buildsMax: Int = 2, waitTimeout: Duration = .seconds(30),
        explainedEventsMax: Int = 1_000, explanationsMax: Int = 4, noteUseAfterSeconds: Double = 10
    ) {
        precondition(countMax > 0 && bytesMax > 0 && buildsMax > 0 && explainedEventsMax > 0 && explanationsMax > 0)
        self.countMax = countMax
        self.bytesMax = bytesMax
        self.unusedSecondsMax = unusedSecondsMax
        self.buildsMax = buildsMax
        self.waitTimeout = waitTimeout
        self.explainedEventsMax = explainedEventsMax
        self.explanationsMax = explanationsMax
        self.noteUseAfterSeconds = noteUseAfterSeconds
    }
}
