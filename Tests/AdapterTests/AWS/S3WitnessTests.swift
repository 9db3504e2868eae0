import AWS
import Application
import EventSourcing
import HTTPTypes
import Testing

@Suite struct `Checkpoints in a bucket with Object Lock` {
    @Test func `are put once, with a checksum and a lock that nobody lifts`() throws {
        let messages = try S3Messages(bucket: "dc-audit", region: "eu-central-1", configuration: .init())
        let until = try #require(Timestamp("2036-11-20T03:40:13.000000Z"))
        let call = messages.lockObject("audit/checkpoints/00000000000000000012", Array("note\n".utf8), until: until)
        #expect(call.request.method == .put)
        #expect(call.request.authority == "dc-audit.s3.eu-central-1.amazonaws.com")
        #expect(call.request.path == "/audit/checkpoints/00000000000000000012")
        #expect(call.body == Array("note\n".utf8))
        for (name, value) in [
            ("x-amz-object-lock-mode", "COMPLIANCE"),
            ("x-amz-object-lock-retain-until-date", "2036-11-20T03:40:13.000000Z"), ("If-None-Match", "*"),
            // MD5 of "note" and a line break, by md5sum.
            ("Content-MD5", "5lD41DQ6QnjTRQ4KHXN+VA=="),
        ] {
            #expect(call.request.headerFields[try #require(HTTPField.Name(name))] == value, "\(name)")
        }
    }

    @Test func `are listed page by page, in all their versions`() throws {
        let messages = try S3Messages(bucket: "dc-audit", region: "eu-central-1", configuration: .init())
        let last = S3ObjectVersion(key: "audit/a+b", id: "v+1")
        let path = try #require(messages.objectVersions(prefix: "audit/", after: last).request.path)
        for part in ["key-marker=audit%2Fa%2Bb", "prefix=audit%2F", "version-id-marker=v%2B1", "versions="] {
            #expect(path.contains(part), "\(path)")
        }
        #expect(messages.object(last).request.path == "/audit/a%2Bb?versionId=v%2B1")
        let page = """
            <ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>\
            <NextKeyMarker>audit/2</NextKeyMarker><NextVersionIdMarker>b</NextVersionIdMarker>\
            <DeleteMarker><Key>audit/1</Key><VersionId>c</VersionId></DeleteMarker>\
            <Version><Key>audit/1</Key><VersionId>a</VersionId></Version>\
            <Version><Key>audit/2</Key><VersionId>b</VersionId></Version></ListVersionsResult>
            """
        let listing = try #require(S3Messages.objectVersions(Array(page.utf8)))
        #expect(listing.versions.map(\.key) == ["audit/1", "audit/2"] && listing.versions.map(\.id) == ["a", "b"])
        #expect(listing.next == S3ObjectVersion(key: "audit/2", id: "b"))
        #expect(S3Messages.objectVersions(Array("<Error/>".utf8)) == nil)
    }
}
