import EventSourcing

/// Owns one simulator's rules and the chance by which they strike, and counts what came.
actor Faults {
    /// How often an operation was asked for, and how often it was done; a request that arrived twice was done twice.
    struct Count: Sendable {
        var received = 0
        var applied = 0
    }

    private var rules: [FaultRule] = []
    private var counts: [String: Count] = [:]
    private var methods: [String: Int] = [:]
    private(set) var seed: UInt64
    private var random: SplitMix64

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix64(seed: seed)
    }

    func add(_ rule: FaultRule) { rules.append(rule) }

    /// Takes the place of all rules, and begins chance anew.
    func replace(by rules: [FaultRule], seed: UInt64?) {
        self.rules = rules
        self.seed = seed ?? self.seed
        random = SplitMix64(seed: self.seed)
    }

    /// Removes the rules with this `match`; all of them for nil.
    func clear(match: String?) { rules.removeAll { match == nil || $0.match == match } }

    /// Counts the request, and returns what the first rule that strikes does to it.
    func meet(_ call: Call, _ operation: String, _ subject: String) -> FaultRule.Effect? {
        methods[call.method, default: 0] += 1
        counts[operation, default: Count()].received += 1
        for index in rules.indices where rules[index].timesLeft != 0 && rules[index].concerns(call, operation, subject)
        {
            guard rules[index].skip == 0 else {
                rules[index].skip -= 1
                continue
            }
            let probability = rules[index].probability
            if probability < 1, Double.random(in: 0..<1, using: &random) >= probability { continue }
            rules[index].timesLeft = rules[index].timesLeft.map { $0 - 1 }
            rules[index].struck += 1
            return rules[index].effect
        }
        return nil
    }

    func noteApplied(_ operation: String) { counts[operation, default: Count()].applied += 1 }

    /// Requests seen since the start, by method.
    var requestsSeen: JSONValue { .object(methods.mapValues { .integer(Int64($0)) }) }

    /// By operation.
    var operations: JSONValue {
        .object(
            counts.mapValues {
                ["received": .integer(Int64($0.received)), "applied": .integer(Int64($0.applied))]
            })
    }

    /// The seed, and each rule with how often it has struck.
    var shown: JSONValue {
        [
            // A JSON number has 53 bits in many readers.
            "seed": .string(String(seed)),
            "rules": .array(rules.map { $0.given.merging(["struck": .integer(Int64($0.struck))]) }),
        ]
    }
}

/// Chance that a seed gives again: SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
