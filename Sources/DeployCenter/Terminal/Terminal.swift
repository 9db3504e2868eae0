import Glibc

/// Writes to the person at the terminal: colours only where a terminal shows them, and never in `--json`.
struct Terminal: Sendable {
    let hasColours: Bool

    init(environment: [String: String]) {
        hasColours = isatty(1) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    enum Colour: String, Sendable {
        case green = "32"
        case red = "31"
        case yellow = "33"
        case blue = "34"
        case grey = "90"
        case bold = "1"
    }

    func styled(_ text: String, _ colour: Colour) -> String {
        hasColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    func line(_ text: String = "") { Self.write(text + "\n", to: 1) }

    /// The answer as it is, without anything added.
    func raw(_ bytes: [UInt8]) { Self.write(bytes, to: 1) }

    /// For what is not the answer: progress and failures.
    func aside(_ text: String) { Self.write(text + "\n", to: 2) }

    /// Whether somebody watches what goes aside.
    var isInteractive: Bool { isatty(2) == 1 }
    /// Whether a person can answer.
    static var canAsk: Bool { isatty(0) == 1 }

    /// Shows `text` in the place of the last text that was shown so.
    func overwrite(_ text: String) { Self.write("\r\u{1B}[2K" + text, to: 2) }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ whole: [UInt8], to descriptor: Int32) {
        var bytes = whole[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away (`| head`) is no failure of ours.
            guard written > 0 else { return }
            bytes.removeFirst(written)
        }
    }

    /// A table with columns as wide as their widest cell.
    func table(_ header: [String], _ rows: [[String]]) {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        func joined(_ cells: [String]) -> String {
            zip(cells, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ")
        }
        line(styled(joined(header), .bold))
        for row in rows { line(joined(row)) }
    }
}
