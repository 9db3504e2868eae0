import Application
import GitHub
import HTTPTypes
import Testing

@Suite struct `What to do after GitHub says no` {
    @Test func `waits as long as retry-after says, before anything else`() {
        for status in [403, 429] {
            let failure = failure(
                status, "You have exceeded a secondary rate limit.",
                ["retry-after": "30", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9000"])
            #expect(wait(failure) == .seconds(30))
        }
    }

    @Test func `waits until the hour's limit is reset`() {
        let failure = failure(
            403, "API rate limit exceeded", ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1120"])
        #expect(wait(failure) == .seconds(121))
    }

    @Test func `waits a minute for a secondary limit that names no time`() {
        #expect(
            wait(failure(403, "You have exceeded a secondary rate limit.", ["x-ratelimit-remaining": "4000"]))
                == .seconds(60))
        #expect(wait(failure(429, "Too many requests")) == .seconds(60))
    }

    @Test func `does not repeat what the token has no right to`() {
        guard
            case .refused(let reason) = failure(
                403, "Resource not accessible by integration", ["x-ratelimit-remaining": "4000"])
        else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("Resource not accessible by integration"))
    }

    @Test func `reads again after somebody else's push`() {
        guard case .outdated = failure(422, "Update is not a fast forward") else {
            Issue.record("a push that came second is not read again")
            return
        }
        guard case .outdated = failure(409, "Conflict") else {
            Issue.record("a conflict is not read again")
            return
        }
    }

    @Test func `stops at a rule of the branch, naming it`() {
        let body = #"""
            {"message":"Repository rule violations found","documentation_url":"https://docs.github.com/x","status":"422",
             "errors":[{"resource":"Ref","code":"custom","message":"Changes must be made through a pull request."}]}
            """#
        guard case .invalid(let reason) = failure(422, body: body) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("Changes must be made through a pull request."))
    }

    @Test func `knows an empty repository`() {
        guard case .empty = failure(409, "Git Repository is empty.") else {
            Issue.record("not empty")
            return
        }
    }

    @Test func `tells a token that is not taken and a thing that is not there apart`() {
        guard case .tokenRejected = failure(401, "Bad credentials") else {
            Issue.record("401 is not a rejected token")
            return
        }
        guard case .missing = failure(404, "Not Found") else {
            Issue.record("404 is not missing")
            return
        }
    }

    @Test(arguments: [500, 502, 503, 504, 408])
    func `tries again when GitHub is broken`(status: Int) {
        guard case .unavailable = failure(status, body: "<html>Unicorn!</html>") else {
            Issue.record("not unavailable")
            return
        }
    }

    @Test func `does not follow a repository that moved`() {
        guard case .refused = failure(301, "Moved Permanently") else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `repeats no token, of whatever length`() {
        let failure = failure(422, #"bad ghs_123_eyJhbGciOi.JIUzI1NiIs-x_y and ghp_0123456789 end"#)
        guard case .invalid(let reason) = failure else {
            Issue.record("not refused")
            return
        }
        #expect(!reason.contains("ghs_") && !reason.contains("ghp_") && !reason.contains("JIUzI1NiIs"))
        #expect(reason.hasSuffix("end"))
    }

    private func wait(_ failure: GitHubFailure) -> Duration? {
        if case .throttled(_, let after) = failure { after } else { nil }
    }

    private func failure(_ status: Int, _ message: String, _ fields: [String: String] = [:]) -> GitHubFailure {
        failure(status, body: #"{"message":"\#(message)","documentation_url":"https://docs.github.com/rest"}"#, fields)
    }

    private func failure(_ status: Int, body: String, _ fields: [String: String] = [:]) -> GitHubFailure {
        var response = HTTPResponse(status: .init(code: status))
        for (name, value) in fields { HTTPField.Name(name).map { response.headerFields[$0] = value } }
        return GitHubFailure(response, body: Array(body.utf8), to: "test", nowSeconds: 1_000)
    }
}
