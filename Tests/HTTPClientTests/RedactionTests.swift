import HTTPClient
import HTTPTypes
import Testing

@Suite struct `Taking secrets out` {
    @Test(arguments: [
        ("/plain", "/plain"),
        ("/a?b=c&d", "/a?b=c&d"),
        ("/cb?code=abc&state=xyz", "/cb?code=[redacted]&state=xyz"),
        (
            "/o?X-Amz-Signature=dead&x-amz-credential=AKIA%2F1&X-Amz-Date=1",
            "/o?X-Amz-Signature=[redacted]&x-amz-credential=[redacted]&X-Amz-Date=1"
        ),
        (
            "/?X-Amz-Security-Token=a&access_token=b&token=c",
            "/?X-Amz-Security-Token=[redacted]&access_token=[redacted]&token=[redacted]"
        ),
        ("/?client%5Fsecret=s&p%61ssword=p", "/?client%5Fsecret=[redacted]&p%61ssword=[redacted]"),
        ("/access-points?FileSystemId=fs-1&NextToken=abc", "/access-points?FileSystemId=fs-1&NextToken=abc"),
    ])
    func `query values of secret parameters are taken out of a path`(path: String, redacted: String) {
        #expect(Redaction.path(path) == redacted)
    }

    /// Secrets in the forms that vendors document; none of them is real.
    static let secrets = [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "ghs_1234567_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl_x-y",
        "github_pat_11ABCDEFG0abcdefghijkl_MNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJK",
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.NHVaYe26MbtOYhSKkoKYdFVomg4i8ZJd8_-RU8VNbftc4TSMb4bXP3l3YlNWACwyXPGffz5aXHc6lty1Y2t4SWRqGteragsVdZufDn5BlnJl9pdR_kdVFUsra2rWKEofkZeIC4yWytE58sMIihvo9H1ScmmVwBcQP6XETqYd0aSHp1gOa9RdUPDvoXQ5oqygTqVtxaDr6wUFKrKItgBMzWIdNZ6y7O9E0DhEPTbE9rfBo6KTFsHAZnMg4k68CDp2woYIaXbmYTWcvbzIuHO7_37GT79XdIwkm95QJ7hYC9RiwrV7mesbY4PAahERJawntho0my942XheVLmGwLMBkQ",
        "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AQoDYXdzEJr1K4Jpz8C0bBoJk8f6a2lkd0tFPkKwAcr3qVx0RZ9lY7w5uH1mX0d8n2QyT6sBvGzLfWqEoUiPaSdFgHjKlZxCvBnM1234567890",
    ]

    @Test(arguments: secrets)
    func `tokens and keys are taken out wherever they stand`(secret: String) {
        for text in [
            secret, "denied for \(secret) here", "{\"message\":\"\(secret)\"}", "Authorization: Bearer \(secret)",
            "https://x-access-token:\(secret)@github.com/o/r", "<Key>\(secret)</Key>", "key=\(secret)&x=y",
            "(\(secret))",
        ] {
            let redacted = Redaction.text(text)
            #expect(!redacted.contains(secret), "\(redacted)")
            #expect(!redacted.contains(secret.suffix(12)), "\(redacted)")
            #expect(redacted.contains("[redacted]"))
        }
    }

    @Test(arguments: [
        ("password=hunter2, user=ana", "password=[redacted], user=ana"),
        ("{\"client_secret\": \"s3cr3t\", \"id\": 7}", "{\"client_secret\": \"[redacted]\", \"id\": 7}"),
        ("<SessionToken>abc</SessionToken><A>b</A>", "<SessionToken>[redacted]</SessionToken><A>b</A>"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
        ("bearer   abc.def", "bearer [redacted]"),
        ("GET /cb?code=42&x=1 failed", "GET /cb?code=[redacted]&x=1 failed"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- end", "[redacted] end"),
    ])
    func `named secrets are taken out`(text: String, redacted: String) { #expect(Redaction.text(text) == redacted) }

    @Test(arguments: [
        "commit 757107ea0eb2509fc211221cce984b8a37570b6d not found",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "{\"code\":9,\"message\":\"another operation is already in progress\"}",
        "AccessPointAlreadyExists: fsap-0123456789abcdef0",
        "https://github.com/owner/repo/blob/main/a.yaml",
    ])
    func `what helps to find the fault stays`(text: String) { #expect(Redaction.text(text) == text) }

    @Test func `a long text is cut`() {
        let text = Redaction.text(String(repeating: "word ", count: 1_000_000), lengthMax: 100)
        #expect(text.count == 101 && text.hasSuffix("…"))
    }

    @Test func `log lines name the request and no secret`() async throws {
        let log = CapturedLog()
        try await LoopbackServer.run { server in
            try await withClient(log: log) { client in
                let headers: HTTPFields = [
                    .authorization: "Bearer s3cr3t-token", .cookie: "session=s3cr3t-cookie",
                    .init("X-Amz-Security-Token")!: "s3cr3t-session",
                ]
                for path in ["/?token=s3cr3t-query&a=b", "/status/404?code=s3cr3t-code"] {
                    let request = server.request(path, method: .post, headers: headers)
                    _ = try await client.send(request, body: Array("s3cr3t-body".utf8), timeout: .seconds(60))
                }
                _ = try await client.stream(server.request("/lines?1", headers: headers), connectTimeout: .seconds(60))
                var lost = server.request("/?password=s3cr3t-password")
                lost.authority = "127.0.0.1:1"
                await #expect(throws: HTTPClientError.self) { try await client.send(lost, timeout: .seconds(60)) }
            }
        }
        #expect(log.lines.count == 4)
        #expect(!log.lines.contains { $0.contains("s3cr3t") }, "\(log.lines)")
        #expect(log.lines[0].hasPrefix("debug http request duration.ms="))
        #expect(log.lines[0].hasSuffix("http.method=POST http.path=/?token=[redacted]&a=b http.status=200"))
        #expect(log.lines[1].hasPrefix("info") && log.lines[1].hasSuffix("code=[redacted] http.status=404"))
        #expect(log.lines[3].hasPrefix("info") && log.lines[3].contains("error=cannot connect"))
    }
}
