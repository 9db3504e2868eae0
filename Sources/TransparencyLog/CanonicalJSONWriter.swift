/// Reads a JSON text once and writes its canonical form beside it; one writer serves one text.
///
/// Members are written as they come and put in order when their object ends, so nothing is built in between.
/// Invariant that makes the unchecked writes sound: the room left in `output` is at least the rest of the input. Nothing
/// but a number can be longer in canonical form than it was, and numbers make their own room; words of eight bytes are
/// written only where eight bytes of input are left.
struct CanonicalJSONWriter: ~Copyable {
    /// Room for the longest number (25 bytes).
    private static let slack = 40

    let input: UnsafeBufferPointer<UInt8>
    let isStored: Bool
    var index = 0
    private(set) var output: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    var written = 0
    private var members: [Member] = []

    /// Where a member lies in the output.
    private struct Member {
        /// At the quote that opens the key.
        let start: Int
        /// At the quote that closes it.
        let keyEnd: Int
        let end: Int
        /// Comparing the key's bytes compares its UTF-16 code units.
        let hasPlainKey: Bool
    }

    /// - Parameter isStored: whether numbers must be spelled as `jsonb` spells those that we append.
    init(_ input: UnsafeBufferPointer<UInt8>, isStored: Bool = false) {
        self.input = input
        self.isStored = isStored
        capacity = input.count + Self.slack
        output = .allocate(capacity: capacity)
        members.reserveCapacity(32)
    }

    deinit { output.deallocate() }

    /// Valid until the writer is gone.
    mutating func canonicalForm() throws(CanonicalJSONError) -> UnsafeBufferPointer<UInt8> {
        try value(depth: 0)
        skipWhitespace()
        guard index == input.count else { throw .notJSON(offset: index) }
        return UnsafeBufferPointer(start: output, count: written)
    }

    private mutating func value(depth: Int) throws(CanonicalJSONError) {
        skipWhitespace()
        guard index < input.count else { throw .notJSON(offset: index) }
        switch input[index] {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            guard depth < CanonicalJSON.maximumDepth else { throw .tooDeep(offset: index) }
            try object(depth: depth + 1)
        case UInt8(ascii: "["):
            guard depth < CanonicalJSON.maximumDepth else { throw .tooDeep(offset: index) }
            try array(depth: depth + 1)
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func array(depth: Int) throws(CanonicalJSONError) {
        take()
        skipWhitespace()
        if next(is: UInt8(ascii: "]")) { return take() }
        while true {
            try value(depth: depth)
            skipWhitespace()
            if next(is: UInt8(ascii: "]")) { return take() }
            guard next(is: UInt8(ascii: ",")) else { throw .notJSON(offset: index) }
            take()
        }
    }

    private mutating func object(depth: Int) throws(CanonicalJSONError) {
        take()
        skipWhitespace()
        if next(is: UInt8(ascii: "}")) { return take() }
        let first = members.count
        while true {
            skipWhitespace()
            guard next(is: UInt8(ascii: "\"")) else { throw .notJSON(offset: index) }
            let start = written
            let hasPlainKey = try string()
            let keyEnd = written - 1
            skipWhitespace()
            guard next(is: UInt8(ascii: ":")) else { throw .notJSON(offset: index) }
            take()
            try value(depth: depth)
            members.append(Member(start: start, keyEnd: keyEnd, end: written, hasPlainKey: hasPlainKey))
            skipWhitespace()
            if next(is: UInt8(ascii: "}")) { break }
            guard next(is: UInt8(ascii: ",")) else { throw .notJSON(offset: index) }
            take()
        }
        try putInOrder(from: first)
        members.removeSubrange(first...)
        take()
    }

    private mutating func literal(_ text: StaticString) throws(CanonicalJSONError) {
        let count = text.utf8CodeUnitCount
        guard index + count <= input.count else { throw .notJSON(offset: index) }
        for place in 0..<count {
            guard input[index + place] == text.utf8Start[place] else { throw .notJSON(offset: index) }
            output[written + place] = text.utf8Start[place]
        }
        index += count
        written += count
    }

    // MARK: Order

    /// Sorts the members of the object that just ended by their keys' UTF-16 code units (RFC 8785, 3.2.3).
    private mutating func putInOrder(from first: Int) throws(CanonicalJSONError) {
        guard members.count - first > 1, !isAscending(from: first) else { return }
        let start = members[first].start
        let end = written
        let scratch = UnsafeMutablePointer<UInt8>.allocate(capacity: end - start)
        defer { scratch.deallocate() }
        let keys = output
        members.withUnsafeMutableBufferPointer { all in
            Self.sort(UnsafeMutableBufferPointer(rebasing: all[first...])) { Self.isLess($0, $1, in: keys) }
        }
        guard isAscending(from: first) else { throw .duplicateKey(offset: index) }
        scratch.update(from: output + start, count: end - start)
        var next = start
        for place in first..<members.count {
            if place > first {
                output[next] = UInt8(ascii: ",")
                next += 1
            }
            let member = members[place]
            (output + next).update(from: scratch + (member.start - start), count: member.end - member.start)
            next += member.end - member.start
        }
    }

    /// The dozen members that an object has are in order soonest by inserting them.
    private static func sort(_ members: UnsafeMutableBufferPointer<Member>, by isLess: (Member, Member) -> Bool) {
        guard members.count <= 32 else {
            var members = members
            return members.sort(by: isLess)
        }
        for place in 1..<members.count {
            let member = members[place]
            var hole = place
            while hole > 0, isLess(member, members[hole - 1]) {
                members[hole] = members[hole - 1]
                hole -= 1
            }
            members[hole] = member
        }
    }

    private func isAscending(from first: Int) -> Bool {
        for place in first + 1..<members.count where !Self.isLess(members[place - 1], members[place], in: output) {
            return false
        }
        return true
    }

    private static func isLess(_ left: Member, _ right: Member, in output: UnsafeMutablePointer<UInt8>) -> Bool {
        let leftKey = UnsafeBufferPointer(start: output + left.start + 1, count: left.keyEnd - left.start - 1)
        let rightKey = UnsafeBufferPointer(start: output + right.start + 1, count: right.keyEnd - right.start - 1)
        guard left.hasPlainKey, right.hasPlainKey else {
            return utf16(leftKey).lexicographicallyPrecedes(utf16(rightKey))
        }
        for place in 0..<min(leftKey.count, rightKey.count) where leftKey[place] != rightKey[place] {
            return leftKey[place] < rightKey[place]
        }
        return leftKey.count < rightKey.count
    }

    /// The code units of a key that was written in canonical form.
    private static func utf16(_ key: UnsafeBufferPointer<UInt8>) -> [UInt16] {
        Array(String(decoding: unescapedBytes(key), as: UTF8.self).utf16)
    }

    // MARK: Bytes

    private mutating func skipWhitespace() {
        while index < input.count {
            switch input[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private func next(is byte: UInt8) -> Bool { index < input.count && input[index] == byte }

    /// Copies one byte that is the same in canonical form.
    mutating func take() {
        write(input[index])
        index += 1
    }

    mutating func write(_ byte: UInt8) {
        output[written] = byte
        written += 1
    }

    /// Restores the invariant before a number is written that may be longer than it was.
    mutating func makeRoomForNumber() {
        let needed = written + (input.count - index) + Self.slack
        guard needed > capacity else { return }
        capacity = needed * 2
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: output, count: written)
        output.deallocate()
        output = larger
    }
}

/// The value of a digit that is known to be one.
func hexValue(_ digit: UInt8) -> UInt8 {
    digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10
}
