import EventSourcing
import Simulators

/// One cell of the matrix: in which phase of a deployment which operation meets which fault, and how often.
struct FaultCell: Hashable, Sendable {
    /// What the deployment is about to do when the fault begins.
    enum Phase: String, CaseIterable, Sendable {
        case deploy
        /// Everything was made, and is taken back because somebody cancelled.
        case compensate
    }

    enum Times: String, CaseIterable, Sendable {
        case once
        case ever
    }

    let phase: Phase
    let operation: String
    let fault: Fault
    let times: Times

    /// `efs`, `s3`, `route53`, `github` or `argocd`.
    var system: String { String(operation.prefix { $0 != "." }) }

    /// Whether the operation belongs to one deployment alone, so that other cells can go on beside it. What goes to GitHub may carry
    /// several deployments' files.
    var isAlone: Bool { system != "github" && system != "sts" }
}

extension FaultCell: CustomStringConvertible {
    var description: String { "\(phase.rawValue) \(operation) \(fault.rawValue) \(times.rawValue)" }
}

/// How a deployment in a cell ended, and what of the promise it broke.
struct FaultOutcome: Sendable {
    /// The ends that a deployment can have.
    enum End: String, Sendable {
        case live
        case compensated
        case incomplete
        case stuck
    }

    let deployment: String
    let end: End
    /// Steps that the deployment says are left to be taken back.
    let remaining: [String]
    let duplicates: [String]
    /// Things that are there though the deployment is not live, by the step that made them.
    let leftovers: [String: [String]]
    let lost: [String]
    /// What it says went wrong.
    let reason: String
    let seconds: Double

    /// What breaks the promise: nothing twice, nothing left without being named, nothing forgotten, and an end.
    var broken: [String] {
        let unnamed = leftovers.filter { !remaining.contains($0.key) }.values.flatMap(\.self).sorted()
        return (end == .stuck ? ["it never ended"] : []) + duplicates.map { "twice: \($0)" }
            + unnamed.map { "left behind and not named: \($0)" } + lost.map { "lost: \($0)" }
    }
}
