import Application
import ArgoCD
import HTTPTypes
import Testing

@Suite struct `What to do after Argo CD says no` {
    @Test func `waits while another operation runs`() {
        #expect(failure(400, 9, "another operation is already in progress") == .operationInProgress)
    }

    @Test(arguments: [
        (400, 9, "application is deleting"), (400, 9, "Cannot sync to X: auto-sync currently set to Y"),
        (403, 7, "permission denied: applications, sync, customers/a, sub: deploycenter"),
        (401, 16, "no session information"), (400, 3, "application destination server is not permitted"),
    ])
    func `stops where repeating does not help`(status: Int, code: Int, message: String) {
        guard case .refused(let reason) = failure(status, code, message) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains(message))
    }

    @Test func `knows a sync window from a lack of rights`() {
        guard case .notInWindow(let reason) = failure(403, 7, "cannot sync: blocked by sync window") else {
            Issue.record("not a window")
            return
        }
        #expect(reason.contains("sync window"))
    }

    @Test func `believes only Argo CD itself that an application is missing`() {
        guard case .missing = failure(404, 5, #"applications.argoproj.io \"a\" not found"#) else {
            Issue.record("Argo CD's own 404 is not missing")
            return
        }
        guard case .refused = ArgoCDFailure(response(404), body: Array("404 page not found".utf8), to: "test") else {
            Issue.record("a proxy's 404 was believed")
            return
        }
    }

    @Test func `looks again when an application is there already and differs`() {
        let text = "existing application spec is different, use upsert flag to force update"
        guard case .differs = failure(400, 3, text) else {
            Issue.record("not told apart")
            return
        }
    }

    @Test(arguments: [
        (504, 4, "application refresh deadline exceeded"), (409, 10, "conflict"), (500, 2, "unknown"),
        (400, 3, "application spec is invalid: rpc error: code = Unavailable desc = repo-server"),
    ])
    func `tries again what may pass`(status: Int, code: Int, message: String) {
        guard case .retryable = failure(status, code, message) else {
            Issue.record("not retryable")
            return
        }
    }

    @Test func `tells trouble of Argo CD's from trouble with an application`() {
        guard case .unavailable = failure(503, 14, "connection error") else {
            Issue.record("not unavailable")
            return
        }
        guard case .throttled = failure(429, 8, "exhausted") else {
            Issue.record("not throttled")
            return
        }
    }

    @Test func `tries again when something in front of Argo CD is broken`() {
        guard case .unavailable = ArgoCDFailure(response(502), body: Array("<html>".utf8), to: "test") else {
            Issue.record("not retryable")
            return
        }
        guard case .refused = ArgoCDFailure(response(415), body: Array("Invalid content type".utf8), to: "test") else {
            Issue.record("our own mistake is not refused")
            return
        }
    }

    private func response(_ status: Int) -> HTTPResponse { HTTPResponse(status: .init(code: status)) }

    private func failure(_ status: Int, _ code: Int, _ message: String) -> ArgoCDFailure {
        let body = #"{"error":"\#(message)","code":\#(code),"message":"\#(message)"}"#
        return ArgoCDFailure(response(status), body: Array(body.utf8), to: "test")
    }
}
