package import EventSourcing

/// Time and chance as they are passed into everything that must not take them from nowhere.
package struct Surroundings: Sendable {
    package let now: @Sendable () -> Timestamp
    /// Fails only when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// Uniform in 0..<1.
    package let random: @Sendable () -> Double
    package let randomBits: @Sendable () -> UInt64

    package init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) },
        randomBits: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.now = now
        self.sleep = sleep
        self.randomBits = randomBits
        self.random = { Double(randomBits() >> 11) / Double(1 << 53) }
    }

    /// A UUID of version 7 (RFC 9562): sorts by time, so that new rows land at the end of an index.
    package func uuid() -> String {
        let milliseconds = UInt64(max(0, now().microseconds / 1000))
        let high = milliseconds << 16 | 0x7000 | randomBits() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | randomBits() & 0x3FFF_FFFF_FFFF_FFFF
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, half) in [high, low].enumerated() {
            for digit in stride(from: 15, through: 0, by: -1) {
                let place = index * 16 + 15 - digit
                if place == 8 || place == 12 || place == 16 || place == 20 { text.append(UInt8(ascii: "-")) }
                let value = UInt8(truncatingIfNeeded: half >> UInt64(4 * digit)) & 15
                text.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
