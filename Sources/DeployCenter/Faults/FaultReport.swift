import EventSourcing
import Simulators

/// Writes the matrix down: a table for each phase, a row for each operation, and in each cell the end after one such fault and after
/// nothing but such faults.
struct FaultReport: Sendable {
    let result: FaultMatrix.Result

    var broken: [(cell: FaultCell, outcome: FaultOutcome)] { result.outcomes.filter { !$0.outcome.broken.isEmpty } }

    var isKept: Bool { broken.isEmpty && result.gaps.isEmpty }

    static func sign(_ outcome: FaultOutcome) -> String {
        guard outcome.broken.isEmpty else { return "✗" }
        return switch outcome.end {
        case .live: "●"
        case .compensated: "↩"
        case .incomplete: "◐"
        case .stuck: "✗"
        }
    }

    static let legend =
        "● live · ↩ failed or cancelled, and everything taken back · ◐ not all could be taken back, and what remains is named · "
        + "✗ the promise is broken · left: the fault came once, right: it came for ever"

    /// Header and rows of one phase.
    func table(_ phase: FaultCell.Phase) -> (header: [String], rows: [[String]]) {
        let outcomes = result.outcomes.filter { $0.cell.phase == phase }
        let faults = Fault.allCases.filter { fault in outcomes.contains { $0.cell.fault == fault } }
        var signs: [FaultCell: String] = [:]
        for (cell, outcome) in outcomes { signs[cell] = Self.sign(outcome) }
        let rows = Set(outcomes.map(\.cell.operation)).sorted().map { operation in
            [operation]
                + faults.map { fault in
                    let both = FaultCell.Times.allCases.map {
                        signs[FaultCell(phase: phase, operation: operation, fault: fault, times: $0)] ?? "–"
                    }
                    return both.allSatisfy { $0 == "–" } ? "–" : both.joined(separator: " ")
                }
        }
        return ([phase.rawValue] + faults.map(\.rawValue), rows)
    }

    var summary: String {
        func count(_ end: FaultOutcome.End) -> Int { result.outcomes.count { $0.outcome.end == end } }
        let all = result.outcomes.map(\.outcome)
        let named = all.filter { $0.end == .incomplete }.map { $0.leftovers.values.joined().count }.reduce(0, +)
        return
            "\(all.count) cells in \(Int(result.seconds)) s: \(count(.live)) live, \(count(.compensated)) compensated, "
            + "\(count(.incomplete)) incomplete with \(named) things named, \(count(.stuck)) stuck; "
            + "\(all.map(\.duplicates.count).reduce(0, +)) duplicates, "
            + "\(all.map { $0.lost.count }.reduce(result.gaps.count, +)) events lost, \(broken.count) cells break the promise"
    }

    func write(to terminal: Terminal) {
        for phase in FaultCell.Phase.allCases {
            let (header, rows) = table(phase)
            guard !rows.isEmpty else { continue }
            terminal.table(header, rows)
            terminal.line()
        }
        terminal.line(Self.legend)
        for (cell, outcome) in broken {
            terminal.line(
                terminal.styled("✗ \(cell)", .red) + " (\(outcome.deployment)): "
                    + outcome.broken.joined(separator: "; "))
        }
        for gap in result.gaps { terminal.line(terminal.styled("✗ the log has no \(gap)", .red)) }
        terminal.line(summary)
    }

    var markdown: String {
        var text = ""
        for phase in FaultCell.Phase.allCases {
            let (header, rows) = table(phase)
            guard !rows.isEmpty else { continue }
            text +=
                "| " + header.joined(separator: " | ") + " |\n|---" + String(repeating: "|:-:", count: header.count - 1)
            text +=
                "|\n" + rows.map { "| `\($0[0])` | " + $0.dropFirst().joined(separator: " | ") + " |\n" }.joined()
                + "\n"
        }
        text += Self.legend + "\n\n"
        for (cell, outcome) in broken { text += "- ✗ \(cell): \(outcome.broken.joined(separator: "; "))\n" }
        return text + (broken.isEmpty ? "" : "\n") + summary + ".\n"
    }

    var json: JSONValue {
        [
            "cells": .array(result.outcomes.map(Self.json)), "gaps": .array(result.gaps.map { .string($0) }),
            "seconds": .number(result.seconds), "broken": .integer(Int64(broken.count)),
        ]
    }

    private static func json(_ cell: FaultCell, _ outcome: FaultOutcome) -> JSONValue {
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "phase": .string(cell.phase.rawValue), "operation": .string(cell.operation),
            "fault": .string(cell.fault.rawValue), "times": .string(cell.times.rawValue),
            "deployment": .string(outcome.deployment), "end": .string(outcome.end.rawValue),
            "remaining": texts(outcome.remaining), "duplicates": texts(outcome.duplicates),
            "leftovers": .object(outcome.leftovers.mapValues(texts)), "lost": texts(outcome.lost),
            "reason": .string(outcome.reason), "seconds": .number(outcome.seconds), "broken": texts(outcome.broken),
        ]
    }
}
