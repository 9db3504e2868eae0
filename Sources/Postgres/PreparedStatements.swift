/// The statements that one connection has prepared, by SQL text and declared types; the least recently used goes first.
struct PreparedStatements {
    struct Key: Hashable {
        let sql: String
        let types: [UInt32]
    }

    private var names: [Key: (name: String, lastUse: Int)] = [:]
    private var clock = 0
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    mutating func name(of key: Key) -> String? {
        guard let known = names[key] else { return nil }
        clock += 1
        names[key] = (known.name, clock)
        return known.name
    }

    /// Names a new statement.
    mutating func add(_ key: Key) -> String {
        clock += 1
        let name = "s\(clock)"
        names[key] = (name, clock)
        return name
    }

    mutating func forget(_ key: Key) { names[key] = nil }

    /// The name of a statement that has to make room, forgotten here already.
    mutating func evict() -> String? {
        guard names.count >= countMax, let oldest = names.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return nil
        }
        names[oldest.key] = nil
        return oldest.value.name
    }
}
