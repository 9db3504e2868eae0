/// Keeps the values that were used most recently: the last `size` of them at least, twice as many at most.
///
/// Two generations in place of a linked list: what is used moves to the young one, and when that is full the old one is dropped.
struct RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let size: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(size: Int) { self.size = size }

    mutating func value(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        keep(value, key)
        return value
    }

    mutating func keep(_ value: Value, _ key: Key) {
        if young.count >= size {
            old = young
            young.removeAll(keepingCapacity: true)
        }
        young[key] = value
    }

    mutating func remove(_ key: Key) {
        young[key] = nil
        old[key] = nil
    }
}
