package import Metrics
import Synchronization

/// Keeps the process's metrics and writes them in Prometheus' text format.
///
/// A label such as `http.request.duration` becomes `deploycenter_http_request_duration_seconds`. A family keeps the kind that
/// it was first made with: what comes with another kind later is counted nowhere, since Prometheus allows one kind per name.
package final class PrometheusRegistry: Sendable {
    private let families = Mutex<[String: Family]>([:])
    private let prefix: String

    /// All metrics of one name.
    private struct Family {
        let kind: MetricKind
        let help: String
        var members: [MetricLabels: Metric] = [:]
    }

    package init(prefix: String = "deploycenter") { self.prefix = prefix }

    /// Prometheus text exposition format 0.0.4, in the order of names and labels.
    package func exposition() -> [UInt8] {
        let families = self.families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, metric) in family.members.sorted(by: { $0.key < $1.key }) {
                text += metric.samples(name, labels)
            }
        }
        return Array(text.utf8)
    }

    /// The metric of a name and labels, made if it is new.
    func metric(_ label: String, _ dimensions: [(String, String)], _ kind: MetricKind, unit: String = "") -> Metric {
        let plain = MetricLabels.name(label)
        // Some name themselves in full.
        let name = (plain.hasPrefix(prefix + "_") ? plain : "\(prefix)_\(plain)") + unit
        let labels = MetricLabels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: "Made from \(label).")
            if let known = family.members[labels], family.kind == kind { return known }
            let made = Metric(kind)
            guard family.kind == kind else { return made }
            family.members[labels] = made
            families[name] = family
            return made
        }
    }

    func forget(_ metric: Metric) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.members.first(where: { $0.value === metric })?.key else { continue }
                families[name]?.members[labels] = nil
            }
            families = families.filter { !$0.value.members.isEmpty }
        }
    }
}

extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(label, dimensions, .counter, unit: "_total")
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        metric(label, dimensions, .counter, unit: "_total")
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        metric(label, dimensions, .gauge)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        metric(label, dimensions, aggregate ? .histogram : .gauge)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        metric(label, dimensions, .histogram, unit: "_seconds")
    }

    /// Keeping every metric is right for names and labels that are known in advance; who destroys one wants it gone.
    package func destroyCounter(_ handler: any CounterHandler) { (handler as? Metric).map(forget) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        (handler as? Metric).map(forget)
    }
    package func destroyMeter(_ handler: any MeterHandler) { (handler as? Metric).map(forget) }
    package func destroyRecorder(_ handler: any RecorderHandler) { (handler as? Metric).map(forget) }
    package func destroyTimer(_ handler: any TimerHandler) { (handler as? Metric).map(forget) }
}
