import Application
import EventSourcing

/// One line of a bench's table: what was measured of ours, beside something else that was measured in the same run.
struct BenchFigure: Encodable, Sendable {
    let name: String
    let ours: Double
    let unit: String
    let reference: Double?
    /// What the reference is.
    let against: String
    let goal: Goal?

    /// What the ratio, or the figure itself where there is no reference, must be.
    enum Goal: Sendable {
        case atLeast(Double)
        case atMost(Double)
    }

    init(
        _ name: String, _ ours: Double, _ unit: String, against reference: (name: String, figure: Double)? = nil,
        goal: Goal? = nil
    ) {
        self.name = name
        self.ours = ours
        self.unit = unit
        self.reference = reference?.figure
        self.against = reference?.name ?? ""
        self.goal = goal
    }

    /// Ours in units of the reference.
    var ratio: Double? { reference.map { ours / $0 } }

    /// Nil where nothing was promised.
    var isMet: Bool? {
        let figure = ratio ?? ours
        return switch goal {
        case .atLeast(let least): figure >= least
        case .atMost(let most): figure <= most
        case nil: nil
        }
    }

    enum CodingKeys: CodingKey { case name, ours, unit, reference, against, ratio, goal, isMet }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(ours, forKey: .ours)
        try container.encode(unit, forKey: .unit)
        try container.encodeIfPresent(reference, forKey: .reference)
        try container.encode(against, forKey: .against)
        try container.encodeIfPresent(ratio, forKey: .ratio)
        try container.encodeIfPresent(goal?.description, forKey: .goal)
        try container.encodeIfPresent(isMet, forKey: .isMet)
    }
}

extension BenchFigure.Goal: CustomStringConvertible {
    var description: String {
        switch self {
        case .atLeast(let least): "≥ \(least)"
        case .atMost(let most): "≤ \(most)"
        }
    }
}

/// Tells figures as they come, as a table for people or one JSON value a line.
struct BenchReport: Sendable {
    let terminal: Terminal
    let isJSON: Bool

    func stage(_ text: String) { terminal.aside(text) }

    func tell(_ figures: [BenchFigure]) throws {
        if isJSON {
            for figure in figures { terminal.line(try JSONOutput.text(try JSONOutput.value(figure))) }
            return
        }
        terminal.table(
            ["", "OURS", "", "REFERENCE", "RATIO", "GOAL", ""],
            figures.map { figure in
                [
                    figure.name, rounded(figure.ours), figure.unit,
                    figure.reference.map { "\(rounded($0)) (\(figure.against))" } ?? "",
                    figure.ratio.map { rounded($0) } ?? "", figure.goal?.description ?? "",
                    figure.isMet.map { $0 ? "met" : "missed" } ?? "",
                ]
            })
    }

    /// Three digits that count.
    private func rounded(_ figure: Double) -> String {
        guard figure.isFinite, figure != 0 else { return "\(figure)" }
        if abs(figure) >= 100 { return String(Int(figure.rounded())) }
        let digits: Double = abs(figure) >= 10 ? 10 : abs(figure) >= 1 ? 100 : 1000
        return "\((figure * digits).rounded() / digits)"
    }
}

/// Times of many like things, in seconds.
struct Latencies: Sendable {
    private var sorted: [Double]

    init(_ seconds: [Double]) { sorted = seconds.sorted() }

    /// The time within which `share` of them ended; 0 if there are none.
    func percentile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    var count: Int { sorted.count }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}

/// The middle of several rounds: one disturbed round does not count.
func median(_ figures: [Double]) -> Double {
    let sorted = figures.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
