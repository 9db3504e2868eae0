/// Reads the text forms in which the server answers: of times, those that the session settings of `PostgresConnection` fix.
enum WireText {
    /// `\x` and hexadecimal digits (`bytea_output = hex`), or the older form, which doubles each backslash.
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.starts(with: "\\x".utf8) else { return bytes(escaped: digits) }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2 - 1)
        for index in stride(from: 2, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Bytes that are no printable ASCII as a backslash and three octal digits (`bytea_output = escape`).
    private static func bytes(escaped text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == UInt8(ascii: "\\") else {
                bytes.append(character)
                continue
            }
            if rest.first == character {
                bytes.append(rest.removeFirst())
            } else {
                guard rest.count >= 3, let byte = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
                else {
                    return nil
                }
                bytes.append(byte)
                rest.removeFirst(3)
            }
        }
        return bytes
    }

    /// `{a,"b\"c",NULL}`, one dimension.
    static func array(_ text: String) -> [String?]? {
        var rest = text.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "{"), rest.popLast() == UInt8(ascii: "}") else { return nil }
        var elements: [String?] = []
        while let first = rest.first {
            var element: [UInt8] = []
            let isQuoted = first == UInt8(ascii: "\"")
            if isQuoted { rest.removeFirst() }
            while let character = rest.popFirst(), character != UInt8(ascii: isQuoted ? "\"" : ",") {
                if character == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                    element.append(escaped)
                } else {
                    element.append(character)
                }
            }
            if isQuoted, let comma = rest.popFirst(), comma != UInt8(ascii: ",") { return nil }
            let value = String(decoding: element, as: UTF8.self)
            elements.append(!isQuoted && value == "NULL" ? nil : value)
        }
        return elements
    }

    /// `2026-11-23 00:41:43.000123+00` (`DateStyle = ISO`, `TimeZone = UTC`) as microseconds since 1970.
    static func microseconds(_ text: String) -> Int64? {
        let characters = Array(text.utf8)
        guard characters.count >= 22, text.hasSuffix("+00"), characters[4] == UInt8(ascii: "-"),
            let year = number(characters[0..<4]), let month = number(characters[5..<7]),
            let day = number(characters[8..<10]), let hour = number(characters[11..<13]),
            let minute = number(characters[14..<16]), let second = number(characters[17..<19])
        else { return nil }
        var fraction: Int64 = 0
        if characters.count > 22 {
            let digits = characters[20..<(characters.count - 3)]
            guard characters[19] == UInt8(ascii: "."), digits.count <= 6, let value = number(digits) else { return nil }
            fraction = value
            for _ in digits.count..<6 { fraction *= 10 }
        }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
        return seconds * 1_000_000 + fraction
    }

    /// Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant's `days_from_civil`) for years after 0.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
        }
        return value
    }

    static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        default: nil
        }
    }
}
