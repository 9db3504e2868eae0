import Application
import EventSourcing
import FoundationEssentials
import TestSupport
import Testing

@Suite struct `Metadata` {
    @Test func `are read by the quick way as by the decoder, whatever they hold`() throws {
        var random = SeededRandom(for: "metadata")
        for _ in 1...3000 {
            var text = try JSONText.encode(Self.metadata(using: &random))
            if Int.random(in: 0...3, using: &random) == 0 { text = Self.damaged(text, using: &random) }
            let quick = try? EventMetadata(json: Array(text.utf8)[...])
            let slow = try? JSONDecoder().decode(EventMetadata.self, from: Data(text.utf8))
            #expect(quick == slow, "\(text)")
        }
    }

    @Test(arguments: [
        #"{"actor": "a", "roles": [], "source": "api", "correlationID": "c"}"#,
        #" { "actor" : "a" , "roles" : [ "x" , "y" ] , "source" : "api" , "correlationID" : "c" } "#,
        #"{"actor":"a","actor":"b","roles":[],"source":"api","correlationID":"c"}"#,
        #"{"actor":"a","roles":[],"source":"api","correlationID":"c","actorName":null}"#,
        #"{"actor":"a","roles":[],"source":"api","correlationID":"c","later":{"x":[1]}}"#,
        #"{"\u0061ctor":"a","roles":["\n"],"source":"api","correlationID":"\ud834\udd1e"}"#,
        #"{"actor":"a","roles":[],"source":"api","correlationID":"c"}x"#,
        #"{"actor":"a","roles":[],"source":"api"}"#,
        #"{"actor":"a","roles":["x",],"source":"api","correlationID":"c"}"#,
        #"{"actor":1,"roles":[],"source":"api","correlationID":"c"}"#, "{}", "", "[]", "{", #"{"actor""#,
    ])
    func `in another form than ours are left to the decoder`(_ text: String) {
        let quick = try? EventMetadata(json: Array(text.utf8)[...])
        let slow = try? JSONDecoder().decode(EventMetadata.self, from: Data(text.utf8))
        #expect(quick == slow)
    }

    private static func metadata(using random: inout SeededRandom) -> EventMetadata {
        EventMetadata(
            actor: text(using: &random), actorName: Bool.random(using: &random) ? text(using: &random) : nil,
            roles: (0..<Int.random(in: 0...3, using: &random)).map { _ in text(using: &random) },
            correlationID: text(using: &random), causationID: Bool.random(using: &random) ? text(using: &random) : nil,
            source: text(using: &random))
    }

    private static func text(using random: inout SeededRandom) -> String {
        let parts = [
            "ana", "Öztürk", "\"", "\\", "/", "\n", "\u{7}", "𝄞", "{", "]", ",", ":", "", "e\u{301}", "\u{7f}",
        ]
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
            .joined()
    }

    /// A byte more, less, or another one; or a space where one may stand.
    private static func damaged(_ text: String, using random: inout SeededRandom) -> String {
        var characters = Array(text.unicodeScalars)
        let place = Int.random(in: 0..<characters.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: characters.remove(at: place)
        case 1: characters.insert(" ", at: place)
        default: characters[place] = characters.randomElement(using: &random) ?? "x"
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: characters)
        return String(result)
    }
}
