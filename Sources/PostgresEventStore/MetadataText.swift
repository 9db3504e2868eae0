import EventSourcing

extension EventMetadata {
    /// The metadata as RFC 8785 writes it, which is what the coder writes with its keys in order, at a tenth of the time: every append
    /// has one.
    var canonicalText: String {
        var text = #"{"actor":"#
        text.reserveCapacity(256)
        text.append(json: actor)
        if let actorName {
            text += #","actorName":"#
            text.append(json: actorName)
        }
        if let causationID {
            text += #","causationID":"#
            text.append(json: causationID)
        }
        text += #","correlationID":"#
        text.append(json: correlationID)
        text += #","roles":["#
        for (index, role) in roles.enumerated() {
            if index > 0 { text += "," }
            text.append(json: role)
        }
        text += #"],"source":"#
        text.append(json: source)
        return text + "}"
    }
}

extension String {
    fileprivate mutating func append(json value: String) {
        self += "\""
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            self += value
        } else {
            for scalar in value.unicodeScalars { append(escaped: scalar) }
        }
        self += "\""
    }

    private mutating func append(escaped scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": self += #"\""#
        case "\\": self += #"\\"#
        case "\u{8}": self += #"\b"#
        case "\u{9}": self += #"\t"#
        case "\u{A}": self += #"\n"#
        case "\u{C}": self += #"\f"#
        case "\u{D}": self += #"\r"#
        case "\0"..<"\u{20}": self += (scalar.value < 16 ? #"\u000"# : #"\u00"#) + String(scalar.value, radix: 16)
        default: unicodeScalars.append(scalar)
        }
    }
}
