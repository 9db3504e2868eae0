extension CanonicalJSONWriter {
    /// Copies a number in the form that ECMAScript gives it (RFC 8785, 3.2.2.3).
    mutating func number() throws(CanonicalJSONError) {
        let start = index
        if index < input.count, input[index] == UInt8(ascii: "-") { index += 1 }
        let firstDigit = index
        let whole = skipDigits()
        guard whole > 0, whole == 1 || input[firstDigit] != UInt8(ascii: "0") else { throw .notJSON(offset: start) }
        var isWhole = true
        if index < input.count, input[index] == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            guard skipDigits() > 0 else { throw .notJSON(offset: start) }
        }
        if index < input.count, input[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if index < input.count, input[index] == UInt8(ascii: "+") || input[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard skipDigits() > 0 else { throw .notJSON(offset: start) }
        }
        // Fifteen digits are below 2^53, so the double is the whole number itself; zero has no sign.
        if isWhole, whole <= 15, input[firstDigit] != UInt8(ascii: "0") || firstDigit == start {
            for place in start..<index { write(input[place]) }
            return
        }
        let text = String(decoding: input[start..<index], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw .numberOutOfRange(offset: start) }
        if isStored, !CanonicalJSON.isStoredSpelling(text, of: value) { throw .numberRespelled(offset: start) }
        makeRoomForNumber()
        for byte in CanonicalJSON.number(value).utf8 { write(byte) }
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while index < input.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= input[index] { index += 1 }
        return index - start
    }
}

extension CanonicalJSON {
    /// What `Number::toString` of ECMAScript (ECMA-262, 6.1.6.1.20) makes of a finite value.
    package static func number(_ value: Double) -> String {
        precondition(value.isFinite, "JSON has no infinity and no NaN")
        guard value != 0 else { return "0" }
        let sign = value < 0 ? "-" : ""
        let (digits, point) = shortestDigits(value.magnitude)
        let count = digits.count
        if point >= count, point <= 21 {
            return sign + digits + String(repeating: "0", count: point - count)
        }
        if point > 0, point <= 21 {
            return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        }
        if point > -6, point <= 0 {
            return sign + "0." + String(repeating: "0", count: -point) + digits
        }
        let fraction = count > 1 ? "." + digits.dropFirst() : ""
        return sign + digits.prefix(1) + fraction + "e" + (point > 0 ? "+" : "-") + String((point - 1).magnitude)
    }

    /// Whether `jsonb` prints a number so that we append: an integer, or the shortest digits of a double with their zeros written out,
    /// since `jsonb` prints no exponents.
    fileprivate static func isStoredSpelling(_ text: String, of value: Double) -> Bool {
        if let integer = Int64(text), String(integer) == text { return true }
        // Files of archived events may have it in canonical form.
        if text == number(value) { return true }
        guard value != 0 else { return false }
        let (digits, point) = shortestDigits(value.magnitude)
        let count = digits.count
        let plain =
            if point >= count {
                digits + String(repeating: "0", count: point - count)
            } else if point > 0 {
                String(digits.prefix(point)) + "." + digits.dropFirst(point)
            } else {
                "0." + String(repeating: "0", count: -point) + digits
            }
        return text == (value < 0 ? "-" : "") + plain
    }

    /// The fewest digits that give the value back, the nearest of those, and where its point stands: 0.digits × 10^point.
    /// Swift's `description` finds the same digits as ECMAScript (SwiftDtoa) and only sets them differently.
    private static func shortestDigits(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var digits = Array(mantissa.joined().utf8)
        var point = mantissa[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (String(decoding: digits, as: UTF8.self), point)
    }
}
