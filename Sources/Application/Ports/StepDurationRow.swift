/// What the view of durations says of one step, as far as it matters to who expects something of the next one.
struct StepDurationRow: Decodable {
    let step: String
    let template: String?
    /// How many succeeded; the percentiles are theirs.
    let count: Int
    let p50Seconds: Double?
    let p95Seconds: Double?
}
