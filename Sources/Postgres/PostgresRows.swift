/// A statement's answer: its rows, copied out of libpq, and how many rows it touched.
package struct PostgresRows: Sendable, RandomAccessCollection {
    package let columns: [String]
    /// Rows inserted, updated, deleted or selected.
    package let affected: Int
    /// What the server says it did, such as `INSERT 0 1`.
    let commandTag: String
    private(set) var values: [UInt8]
    /// Where each value ends in `values`, row by row; a negative number says NULL and, inverted, where it would end.
    private(set) var ends: [Int]

    /// More would have come, had the caller not set a limit of bytes.
    var isCut = false

    package let startIndex = 0
    package private(set) var endIndex: Int

    init(columns: [String], affected: Int, commandTag: String, count: Int, values: [UInt8], ends: [Int]) {
        self.columns = columns
        self.affected = affected
        self.commandTag = commandTag
        self.endIndex = count
        self.values = values
        self.ends = ends
    }

    package subscript(index: Int) -> PostgresRow {
        precondition(indices.contains(index), "No such row")
        return PostgresRow(rows: self, index: index)
    }

    func bytes(row: Int, column: Int) -> ArraySlice<UInt8>? { range(row: row, column: column).map { values[$0] } }

    /// Where the value lies in `values`; nil for NULL.
    func range(row: Int, column: Int) -> Range<Int>? {
        let cell = row * columns.count + column
        guard ends[cell] >= 0 else { return nil }
        let start = cell == 0 ? 0 : (ends[cell - 1] >= 0 ? ends[cell - 1] : ~ends[cell - 1])
        return start..<ends[cell]
    }

    /// Adds a row of as many values as there are columns.
    mutating func append(_ row: (_ column: Int) -> UnsafeRawBufferPointer?) {
        for column in columns.indices {
            if let value = row(column) {
                values.append(contentsOf: value)
                ends.append(values.count)
            } else {
                ends.append(~values.count)
            }
        }
        endIndex += 1
    }
}

/// Names a column, or counts it from 0.
package enum PostgresColumn: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, CustomStringConvertible
{
    case name(String)
    case index(Int)

    package init(stringLiteral value: String) { self = .name(value) }
    package init(integerLiteral value: Int) { self = .index(value) }

    package var description: String {
        switch self {
        case .name(let name): name
        case .index(let index): "#\(index)"
        }
    }
}

/// One row, read column by column into the types that the caller expects.
package struct PostgresRow: Sendable {
    let rows: PostgresRows
    let index: Int

    package func isNull(_ column: PostgresColumn) throws(PostgresError) -> Bool { try bytes(column) == nil }

    package func string(_ column: PostgresColumn) throws(PostgresError) -> String {
        try required(column, try optionalString(column))
    }

    package func optionalString(_ column: PostgresColumn) throws(PostgresError) -> String? {
        try bytes(column).map { String(decoding: $0, as: UTF8.self) }
    }

    package func int64(_ column: PostgresColumn) throws(PostgresError) -> Int64 {
        try required(column, try optionalInt64(column))
    }

    package func optionalInt64(_ column: PostgresColumn) throws(PostgresError) -> Int64? {
        try parsed(column, "an integer") { Int64($0) }
    }

    package func int(_ column: PostgresColumn) throws(PostgresError) -> Int { Int(try int64(column)) }

    package func double(_ column: PostgresColumn) throws(PostgresError) -> Double {
        try required(column, try parsed(column, "a number") { Double($0) })
    }

    package func bool(_ column: PostgresColumn) throws(PostgresError) -> Bool {
        try required(column, try optionalBool(column))
    }

    package func optionalBool(_ column: PostgresColumn) throws(PostgresError) -> Bool? {
        try parsed(column, "a boolean") { $0 == "t" ? true : $0 == "f" ? false : nil }
    }

    package func bytea(_ column: PostgresColumn) throws(PostgresError) -> [UInt8] {
        try required(column, try optionalBytea(column))
    }

    package func optionalBytea(_ column: PostgresColumn) throws(PostgresError) -> [UInt8]? {
        try parsed(column, "bytea") { WireText.bytes($0) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    package func timestamptz(_ column: PostgresColumn) throws(PostgresError) -> Int64 {
        try required(column, try optionalTimestamptz(column))
    }

    package func optionalTimestamptz(_ column: PostgresColumn) throws(PostgresError) -> Int64? {
        try parsed(column, "a timestamptz between the years 0001 and 9999") { WireText.microseconds($0) }
    }

    /// An array of one dimension.
    package func strings(_ column: PostgresColumn) throws(PostgresError) -> [String?]? {
        try parsed(column, "an array") { WireText.array($0) }
    }

    /// An array of one dimension.
    package func int64s(_ column: PostgresColumn) throws(PostgresError) -> [Int64?]? {
        try parsed(column, "an array of integers") { text in
            WireText.array(text).flatMap { elements in
                let numbers = elements.map { $0.flatMap(Int64.init) }
                return zip(elements, numbers).allSatisfy { ($0 == nil) == ($1 == nil) } ? numbers : nil
            }
        }
    }

    private func required<Value>(_ column: PostgresColumn, _ value: Value?) throws(PostgresError) -> Value {
        guard let value else { throw .decoding(column: "\(column)", reason: "is null") }
        return value
    }

    /// The text stays out of the error: it is somebody's value.
    private func parsed<Value>(
        _ column: PostgresColumn, _ kind: String, _ parse: (String) -> Value?
    ) throws(PostgresError) -> Value? {
        guard let text = try optionalString(column) else { return nil }
        guard let value = parse(text) else { throw .decoding(column: "\(column)", reason: "is not \(kind)") }
        return value
    }

    private func bytes(_ column: PostgresColumn) throws(PostgresError) -> ArraySlice<UInt8>? {
        let place =
            switch column {
            case .name(let name): rows.columns.firstIndex(of: name)
            case .index(let index): rows.columns.indices.contains(index) ? index : nil
            }
        guard let place else { throw .decoding(column: "\(column)", reason: "is not in the answer") }
        return rows.bytes(row: index, column: place)
    }
}
