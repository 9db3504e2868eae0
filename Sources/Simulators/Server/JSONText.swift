import EventSourcing
import FoundationEssentials

extension JSONValue {
    /// Nil where the bytes are not JSON.
    init?(bytes: [UInt8]) {
        // Callers answer as the vendor does to a malformed body.
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
        self = value
    }

    /// Sorted keys, so that equal values have equal entity tags.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return [] }  // Only NaN cannot be encoded; none is made here.
        return Array(data)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Nil for a missing value, so that optional members can be left out.
    init(_ value: String?) { self = value.map { .string($0) } ?? .null }

    /// The members of both; the right one's where both have one.
    func merging(_ other: JSONValue) -> JSONValue {
        .object((object ?? [:]).merging(other.object ?? [:]) { _, right in right })
    }

    /// Without members that are null.
    var compact: JSONValue { .object((object ?? [:]).filter { $0.value != .null }) }
}

extension Timestamp {
    /// RFC 3339 to the second, as GitHub, Argo CD and AWS write times.
    var toSecond: String { String(description.prefix(19)) + "Z" }

    var seconds: Double { Double(microseconds) / 1_000_000 }

    func hasPassed(_ seconds: Double, since start: Timestamp) -> Bool {
        Double((microseconds - start.microseconds)) >= seconds * 1_000_000
    }

    func adding(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
    }
}
