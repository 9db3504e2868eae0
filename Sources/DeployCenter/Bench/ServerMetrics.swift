import Foundation
import HTTPClient
import HTTPTypes

/// What a running server says of itself at `/metrics`, in Prometheus' text format.
struct ServerMetrics: Sendable {
    /// Name with labels, and value.
    private let samples: [(series: Substring, value: Double)]
    private let text: String

    init(_ client: APIClient) async throws {
        let request = client.server.request(
            .get, ["metrics"], headerFields: [.authorization: "Bearer \(client.token)"])
        let reply = try await client.http.send(request, timeout: .seconds(10))
        guard reply.status == 200 else {
            throw APIClient.Failure(description: "GET /metrics: \(reply.status)")
        }
        self.init(text: String(decoding: reply.body, as: UTF8.self))
    }

    init(text: String) {
        self.text = text
        samples = text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { return nil }
            return (line[..<space], value)
        }
    }

    /// All series of the name whose labels contain the text.
    func sum(_ name: String, where labels: String = "") -> Double {
        samples.filter { $0.series.prefix { $0 != "{" } == name && (labels.isEmpty || $0.series.contains(labels)) }
            .reduce(0) { $0 + $1.value }
    }

    /// All series of the name as one histogram.
    func histogram(_ name: String) -> Histogram {
        var counts: [Double: Double] = [:]
        for (series, value) in samples where series.hasPrefix("\(name)_bucket{") {
            guard let start = series.range(of: "le=\"")?.upperBound,
                let end = series[start...].firstIndex(of: "\"")
            else { continue }
            let bound = series[start..<end] == "+Inf" ? .infinity : Double(series[start..<end]) ?? .infinity
            counts[bound, default: 0] += value
        }
        return Histogram(upTo: counts)
    }
}

/// Observations counted by upper bounds, each with all below it.
struct Histogram: Sendable {
    private let upTo: [Double: Double]

    init(upTo: [Double: Double]) { self.upTo = upTo }

    static func - (after: Histogram, before: Histogram) -> Histogram {
        Histogram(upTo: after.upTo.merging(before.upTo) { $0 - $1 })
    }

    /// Evenly spread within a bucket, as Prometheus' histogram_quantile has it; the last bound for what is beyond it.
    func percentile(_ share: Double) -> Double {
        let bounds = upTo.keys.sorted()
        guard let total = upTo[.infinity], total > 0 else { return 0 }
        let wanted = total * share
        var (lower, below) = (0.0, 0.0)
        for bound in bounds {
            let count = upTo[bound, default: 0]
            if count >= wanted, bound.isFinite {
                return lower + (bound - lower) * (wanted - below) / max(count - below, 1)
            }
            if bound.isFinite { (lower, below) = (bound, count) }
        }
        return lower
    }
}
