import Cryptography
import EventSourcing
import Testing
import TransparencyLog

@Suite struct `A log entry` {
    private func entry(stream: String = "customer-acme") throws -> LogEntry {
        try LogEntry(
            position: Position(12), stream: stream, streamVersion: 3, id: "0b9c7a52-5a5d-4c1e-9d5e-3f6a1b2c3d4e",
            type: "customer.created", schemaVersion: 1, recordedAt: Timestamp(microseconds: 1_795_405_213_123_456),
            payload: #"{"name": "Acme", "id": "acme"}"#, metadata: #"{"actor": "u1"}"#)
    }

    @Test func `is the canonical JSON of its envelope`() throws {
        let payload = SHA256.hash(utf8: #"{"id":"acme","name":"Acme"}"#).hex
        let metadata = SHA256.hash(utf8: #"{"actor":"u1"}"#).hex
        let expected =
            #"{"id":"0b9c7a52-5a5d-4c1e-9d5e-3f6a1b2c3d4e","metadata":"\#(metadata)","payload":"\#(payload)","#
            + #""position":12,"recordedAt":"2026-11-23T03:40:13.123456Z","schemaVersion":1,"#
            + #""stream":"customer-acme","streamVersion":3,"type":"customer.created"}"#
        let entry = try entry()
        #expect(String(decoding: entry.canonical, as: UTF8.self) == expected)
        #expect(try CanonicalJSON.bytes(ofJSON: entry.canonical) == entry.canonical)
        #expect(entry.leafHash.bytes == SHA256.hash([0] + Array(expected.utf8)))
        #expect(entry.leafIndex == 11)
    }

    @Test(arguments: ["customer-\"\\/\n\u{1}", "customer-Grüße 😀", "customer-\u{7f}\u{80}\u{2028}"])
    func `is canonical whatever a stream is called`(stream: String) throws {
        let entry = try entry(stream: stream)
        #expect(try CanonicalJSON.bytes(ofJSON: entry.canonical) == entry.canonical)
    }
}
