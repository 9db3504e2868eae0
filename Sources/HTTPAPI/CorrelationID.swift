/// The name of one request and all that follows from it, in answers, log lines and events.
enum CorrelationID {
    static let pattern = "^[A-Za-z0-9._:-]{1,100}$"

    /// The sender's own name if it is fit for log lines, else a new one.
    static func choose(_ sent: String?, orMake make: () -> String) -> String {
        guard let sent, (1...100).contains(sent.utf8.count), sent.utf8.allSatisfy(isFit) else { return make() }
        return sent
    }

    private static func isFit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
