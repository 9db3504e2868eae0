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

    @Test func `are listed page by page`() throws {
        let messages = try S3Messages(bucket: "dc-audit", region: "eu-central-1", configuration: .init())
        let path = try #require(messages.objects(prefix: "audit/", after: "a+b").request.path)
        #expect(
            path.contains("list-type=2") && path.contains("prefix=audit%2F")
                && path.contains("continuation-token=a%2Bb"))
        let page = """
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>t1</NextContinuationToken><Contents><Key>audit/1</Key></Contents>\
            <Contents><Key>audit/2</Key></Contents></ListBucketResult>
            """
        let listing = try #require(S3Messages.listing(Array(page.utf8)))
        #expect(listing.keys == ["audit/1", "audit/2"])
        #expect(listing.next == "t1")
        #expect(S3Messages.listing(Array("<Error/>".utf8)) == nil)
    }
}
