import Glibc

/// A large query's answer in binary form: read by row and column number, without searching names or parsing text.
///
/// The caller names the types; a value of another size is refused, and a type of the same size is a mistake that nobody notices.
/// Formats: the `*_send` functions of PostgreSQL (`int8send`, `uuid_send`, `jsonb_send` …).
package struct PostgresPage: Sendable {
    private let rows: PostgresRows
    /// Microseconds from 1970 to 2000-01-01T00:00:00Z, where binary times begin.
    private static let epochMicroseconds: Int64 = 946_684_800_000_000

    /// It ended at the limit of bytes, before the end of the query.
    package var isCut: Bool { rows.isCut }
    package var count: Int { rows.endIndex }

    init(_ rows: PostgresRows) { self.rows = rows }

    package func isNull(_ row: Int, _ column: Int) throws(PostgresError) -> Bool { try range(row, column) == nil }

    /// Whether two rows have the same bytes in a column, neither of them NULL.
    package func isEqual(_ row: Int, _ other: Int, _ column: Int) -> Bool {
        guard rows.columns.indices.contains(column), max(row, other) < rows.endIndex,
            let own = rows.range(row: row, column: column), let its = rows.range(row: other, column: column),
            own.count == its.count
        else { return false }
        return rows.values.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return memcmp(start + own.lowerBound, start + its.lowerBound, own.count) == 0
        }
    }

    package func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        Int64(bitPattern: try bigEndian(row, column, byteCount: 8))
    }

    package func int32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        Int32(truncatingIfNeeded: try bigEndian(row, column, byteCount: 4))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    package func timestamptz(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try int64(row, column) + Self.epochMicroseconds
    }

    /// `text`, or any other type whose binary form is its text.
    package func string(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        String(decoding: rows.values[try required(row, column)], as: UTF8.self)
    }

    package func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> ArraySlice<UInt8> {
        rows.values[try required(row, column)]
    }

    /// JSON text, which follows a version byte of 1.
    package func jsonb(_ row: Int, _ column: Int) throws(PostgresError) -> ArraySlice<UInt8> {
        let bytes = try bytes(row, column)
        guard bytes.first == 1 else { throw .decoding(column: "#\(column)", reason: "is not jsonb of version 1") }
        return bytes.dropFirst()
    }

    /// Lower case, with hyphens.
    package func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        let range = try required(row, column)
        guard range.count == 16 else { throw .decoding(column: "#\(column)", reason: "is not a uuid") }
        return String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for (index, byte) in rows.values[range].enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                text[place] = Self.digit(byte >> 4)
                text[place + 1] = Self.digit(byte & 15)
                place += 2
            }
            return place
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

    private func bigEndian(_ row: Int, _ column: Int, byteCount: Int) throws(PostgresError) -> UInt64 {
        let range = try required(row, column)
        guard range.count == byteCount else {
            throw .decoding(column: "#\(column)", reason: "has \(range.count) bytes, not \(byteCount)")
        }
        var value: UInt64 = 0
        for index in range { value = value << 8 | UInt64(rows.values[index]) }
        return value
    }

    private func required(_ row: Int, _ column: Int) throws(PostgresError) -> Range<Int> {
        guard let range = try range(row, column) else { throw .decoding(column: "#\(column)", reason: "is null") }
        return range
    }

    private func range(_ row: Int, _ column: Int) throws(PostgresError) -> Range<Int>? {
        guard rows.columns.indices.contains(column), row < rows.endIndex else {
            throw .decoding(column: "#\(column)", reason: "is not in the answer")
        }
        return rows.range(row: row, column: column)
    }
}
