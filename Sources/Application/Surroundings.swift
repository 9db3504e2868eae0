package import EventSourcing

/// Time and chance as they are passed into everything that must not take them from nowhere.
package struct Surroundings: Sendable {
    package let now: @Sendable () -> Timestamp
    /// Uniform in 0..<1.
    package let random: @Sendable () -> Double
    package let randomBits: @Sendable () -> UInt64

    package init(
        now: @escaping @Sendable () -> Timestamp,
        randomBits: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.now = now
        self.randomBits = randomBits
        self.random = { Double(randomBits() >> 11) / Double(1 << 53) }
    }

    /// A UUID of version 7 (RFC 9562): sorts by time, so that new rows land at the end of an index.
    package func uuid() -> String {
        let milliseconds = UInt64(max(0, now().microseconds / 1000))
        let high = milliseconds << 16 | 0x7000 | randomBits() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | randomBits() & 0x3FFF_FFFF_FFFF_FFFF
        let digits = hex(high) + hex(low)
        var groups: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
