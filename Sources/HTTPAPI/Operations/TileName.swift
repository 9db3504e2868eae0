/// Which tile or bundle of entries a path of C2SP tlog-tiles asks for: what comes after `tile/`.
package struct TileName: Equatable, Sendable {
    /// Nil for the entries behind a tile of level 0.
    package let level: Int?
    package let index: Int64
    /// 256 for a full one.
    package let width: Int

    static let fullWidth = 256
    static let pattern = "^([0-9]{1,2}|entries)/(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$"

    /// Nil unless the path is the one way to write the name: no group, digit or width too many.
    package init?(_ path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let row = parts.first else { return nil }
        parts.removeFirst()
        if row == "entries" {
            level = nil
        } else {
            guard let number = Int(row), (0...63).contains(number), String(number) == row else { return nil }
            level = number
        }
        var width = Self.fullWidth
        if let marked = parts.dropLast().last, marked.hasSuffix(".p"), let last = parts.popLast() {
            guard let partial = Int(last), (1..<Self.fullWidth).contains(partial), String(partial) == last else {
                return nil
            }
            width = partial
            parts[parts.count - 1] = marked.dropLast(2)
        }
        guard let index = Self.index(parts) else { return nil }
        self.index = index
        self.width = width
    }

    private static let digitBytes = UInt8(ascii: "0")...UInt8(ascii: "9")

    /// Groups of three digits, all but the last behind an `x`, the first not zero where there are several.
    private static func index(_ groups: [Substring]) -> Int64? {
        guard !groups.isEmpty, groups.count == 1 || groups[0] != "x000" else { return nil }
        var index: Int64 = 0
        for (place, group) in groups.enumerated() {
            let isLast = place == groups.count - 1
            let digits = isLast ? group : group.dropFirst()
            guard isLast || group.hasPrefix("x"), digits.utf8.count == 3, digits.utf8.allSatisfy(digitBytes.contains),
                let value = Int64(digits)
            else { return nil }
            // A tree of all positions has fewer tiles than 2^55.
            guard index < 1 << 45 else { return nil }
            index = index * 1000 + value
        }
        return index
    }
}
