/// What can go wrong with a request, as its sender meets it.
package enum Fault: String, CaseIterable, Sendable {
    /// The vendor says no, and will say so again.
    case refuse
    /// Too many requests: with `retry-after` or a rate limit's reset where the vendor gives one.
    case throttle
    case serverError = "server-error"
    /// The request is served, and answered late.
    case slow
    /// The request is not served, and the connection stays open in silence.
    case neverAnswer = "never-answer"
    /// The request is served, and the connection closed in place of the answer.
    case cutReply = "cut-reply"
    /// The request arrives twice, as from a proxy that repeats it; the sender gets the second answer.
    case answerTwice = "answer-twice"
    /// A replica that has heard nothing for a minute answers.
    case staleRead = "stale-read"
    /// What was written shows a second later.
    case eventual
    /// The vendor is busy with the thing, or has not got it ready yet.
    case wrongState = "wrong-state"
    case expiredCredentials = "expired-credentials"
    /// The server's clock is twenty minutes ahead of everybody's.
    case clockSkew = "clock-skew"

    /// Seconds where a rule gives none: of delay, of lag, of skew, or until another try is welcome.
    var standardSeconds: Double {
        switch self {
        case .throttle, .slow, .eventual: 1
        case .neverAnswer: 300
        case .staleRead: 60
        case .clockSkew: 1200
        case .refuse, .serverError, .cutReply, .answerTwice, .wrongState, .expiredCredentials: 0
        }
    }

    /// Whether a request that only reads can meet it in a way of its own.
    package var strikesReads: Bool { self != .answerTwice }

    /// Whether a request that changes something can meet it.
    package var strikesWrites: Bool { self != .staleRead && self != .eventual }
}

/// What a fault does to the time at which one request finds the simulated world.
enum Distortion {
    /// How old the state is that the request sees; what it changes is then lost.
    @TaskLocal static var lagSeconds: Double?
    /// How far the vendor's clock is ahead.
    @TaskLocal static var skewSeconds = 0.0

    static func applied(to clock: @escaping SimulatorClock) -> SimulatorClock {
        { clock().adding(skewSeconds) }
    }
}
