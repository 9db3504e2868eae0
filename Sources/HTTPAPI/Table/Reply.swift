import Application
import EventSourcing
import Hummingbird

/// What an operation answers when it succeeds.
struct Reply: Sendable {
    enum Content: Sendable {
        case json([UInt8])
        case bytes([UInt8], type: String)
        case stream(type: String, ResponseBody)
    }

    var success = Success.done
    let content: Content
    var version: Int?
    var position: Position?
    var location: String?
    /// Whether it may be kept for ever: the same question is never answered otherwise.
    var isImmutable = false

    static func json(_ value: JSONValue) -> Reply { Reply(content: .json(JSONWriter.write(value))) }

    /// A value whose coding is its public form.
    static func json(encoding value: some Encodable) throws -> Reply {
        Reply(content: .json(Array(try JSONText.encode(value).utf8)))
    }

    static func json(members: [(String, JSONWriter.Part)], position: Position? = nil, version: Int? = nil) -> Reply {
        var writer = JSONWriter()
        writer.append(members: members)
        return Reply(content: .json(writer.bytes), version: version, position: position)
    }

    /// What a command did, and where to look.
    static func receipt(_ receipt: CommandReceipt, _ success: Success = .done, at location: String? = nil) -> Reply {
        let body: JSONValue = [
            "stream": .string(receipt.stream.description), "id": .string(receipt.stream.id),
            "version": .integer(Int64(receipt.version)), "position": .integer(receipt.position.rawValue),
            "repeated": .bool(receipt.isRepetition),
        ]
        return Reply(
            success: success, content: .json(JSONWriter.write(body)), version: receipt.version,
            position: receipt.position, location: location)
    }
}
