import Metrics
import Synchronization

/// Prometheus' kinds.
enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// One time series, or the several that make a histogram.
final class Metric: Sendable {
    /// Upper bounds in the metric's own unit: from a millisecond to ten minutes for timers.
    static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600,
    ]

    private struct State {
        /// A counter's or gauge's value, or a histogram's sum.
        var value = 0.0
        /// Observations by the first bound that holds them; the last is beyond all bounds.
        var buckets: [Int]
    }

    private let kind: MetricKind
    private let state: Mutex<State>

    init(_ kind: MetricKind) {
        self.kind = kind
        state = Mutex(State(buckets: kind == .histogram ? [Int](repeating: 0, count: Self.bounds.count + 1) : []))
    }

    func samples(_ name: String, _ labels: MetricLabels) -> String {
        let state = self.state.withLock { $0 }
        guard kind == .histogram else { return "\(name)\(labels.text()) \(Self.number(state.value))\n" }
        var text = ""
        var count = 0
        for (index, observed) in state.buckets.enumerated() {
            count += observed
            let bound = index < Self.bounds.count ? Self.number(Self.bounds[index]) : "+Inf"
            text += "\(name)_bucket\(labels.text(bound: bound)) \(count)\n"
        }
        return text
            + "\(name)_sum\(labels.text()) \(Self.number(state.value))\n\(name)_count\(labels.text()) \(count)\n"
    }

    private func add(_ amount: Double) { state.withLock { $0.value += amount } }

    private func observe(_ value: Double) {
        state.withLock { state in
            state.value += value
            state.buckets[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1
        }
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}

extension Metric: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { kind == .histogram ? observe(value) : set(value) }
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1_000_000_000) }
    func reset() { state.withLock { $0.value = 0 } }
}

/// The labels of a time series, in the order of their names.
struct MetricLabels: Hashable, Comparable, Sendable {
    private let pairs: [String]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.sorted()
    }

    func text(bound: String? = nil) -> String {
        let all = pairs + (bound.map { ["le=\"\($0)\""] } ?? [])
        return all.isEmpty ? "" : "{\(all.joined(separator: ","))}"
    }

    static func < (left: MetricLabels, right: MetricLabels) -> Bool {
        left.pairs.lexicographicallyPrecedes(right.pairs)
    }

    /// Letters, digits and underscores only, as Prometheus wants names.
    static func name(_ text: String) -> String {
        let fit = text.unicodeScalars.map {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "_"
        }
        return fit.first?.isNumber == true ? "_" + String(fit) : String(fit)
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }
}
