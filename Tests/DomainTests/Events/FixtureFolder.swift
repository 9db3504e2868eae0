import EventSourcing
import Foundation
import TestSupport

/// The stored events as files: `<name>.v<version>.json`, one for each shape that was ever written. None is ever edited.
enum FixtureFolder {
    private static let root = URL(filePath: Repository.root)
    private static let folder = root.appending(path: "Tests/DomainTests/Fixtures/Events")

    static func names() throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return Set(files.map { $0.hasSuffix(".json") ? String($0.dropLast(5)) : $0 })
    }

    static func payload(_ name: String) throws -> JSONBytes {
        JSONBytes(try Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    /// Name and version of a fixture, such as `deployment.requested` and 1.
    static func typeAndVersion(_ name: String) -> (EventType, Int)? {
        guard let mark = name.range(of: ".v", options: .backwards), let version = Int(name[mark.upperBound...]) else {
            return nil
        }
        return (EventType(String(name[..<mark.lowerBound])), version)
    }

    /// The `("name", version)` pairs that the domain's readers know, and the forms that it writes, read from its sources.
    static func literals(_ pattern: Regex<(Substring, Substring, Substring)>) throws -> [String] {
        let domain = root.appending(path: "Sources/Domain").resolvingSymlinksInPath()
        var found: [String] = []
        for case let file as URL in FileManager.default.enumerator(at: domain, includingPropertiesForKeys: nil)
            ?? .init()
        where file.lastPathComponent.hasSuffix("+Storage.swift") {
            let text = try String(contentsOf: file, encoding: .utf8)
            found += text.matches(of: pattern).map { "\($0.output.1).v\($0.output.2)" }
        }
        return found
    }
}

/// A payload in memory.
struct JSONBytes: StoredPayload {
    private(set) var bytes: Data

    init(_ bytes: Data) { self.bytes = bytes }
    init(_ text: String) { self.init(Data(text.utf8)) }
    init(encoding value: some Encodable) throws { self.init(try JSONEncoder().encode(value)) }

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: bytes)
    }

    mutating func edit(_ change: (inout JSONValue) -> Void) throws {
        var value = try read(JSONValue.self)
        change(&value)
        bytes = try JSONEncoder().encode(value)
    }
}
