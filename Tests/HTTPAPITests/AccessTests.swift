import Application
import EventSourcing
import Testing

@Suite(.serialized) struct `Who may ask` {
    @Test func `every operation but health refuses without a token and with too small a role`() async throws {
        try await withAPI(projecting: false) { api in
            let operations = api.document.operations
            #expect(operations.count > 35)
            for operation in operations {
                let open = try await api.send(operation.method, operation.example, as: nil)
                guard let role = operation.role else {
                    // Messages of GitHub have a signature in the place of a token; here none is configured.
                    let expected = operation.id == "receiveGitHubWebhook" ? [404, 415] : [200, 503]
                    #expect(expected.contains(open.status), "\(operation.id)")
                    continue
                }
                #expect(open.status == 401, "\(operation.id)")
                #expect(open.header("WWW-Authenticate") == "Bearer realm=\"deploycenter\"", "\(operation.id)")
                let weaker = try await api.send(operation.method, operation.example, as: role.weakerPerson)
                #expect(weaker.status == 403, "\(operation.id)")
                #expect(weaker.body["detail"]?.string?.contains("role \(role.rawValue)") == true, "\(operation.id)")
            }
            let open = operations.filter { $0.role == nil }.map(\.id)
            #expect(open == ["getHealth", "getReadiness", "receiveGitHubWebhook"])
        }
    }

    @Test func `the role that an operation names suffices`() async throws {
        try await withAPI { api in
            for operation in api.document.operations where operation.id != "streamEvents" {
                let answer = try await api.send(
                    operation.method, operation.example, as: operation.role?.person,
                    ["Content-Type": "application/json"])
                let refusals = ["token.missing", "role.missing", "route.unknown", "route.wrong_method", "internal"]
                #expect(!refusals.contains(answer.body["code"]?.string ?? ""), "\(operation.id): \(answer.text)")
            }
        }
    }

    @Test func `a header that is no bearer token is refused`() async throws {
        try await withAPI(projecting: false) { api in
            for header in ["Basic dmVyYTp2ZXJh", "Bearer", "Bearer vera vera", "vera", ""] {
                let answer = try await api.get("/api/v1/me", as: nil, ["Authorization": header])
                #expect(answer.status == 401, "\(header)")
            }
        }
    }

    @Test func `an expired token says that one has to log in again`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/api/v1/me", as: "late")
            #expect(answer.status == 401)
            #expect(answer.body["code"] == "token.expired")
            #expect(answer.body["whatToDo"] == "Log in again.")
            #expect(answer.header("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)
        }
    }

    @Test func `why a token is not accepted goes to the log only`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/api/v1/me", as: "forged")
            #expect(answer.status == 401)
            #expect(!answer.text.contains("signature"))
            #expect(api.log.lines.contains { $0.contains("the signature is wrong") })
            #expect(!api.log.lines.contains { $0.contains("forged") })
        }
    }

    @Test func `an identity provider that is away is no reason to log in again`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/api/v1/me", as: "keyless")
            #expect(answer.status == 503)
            #expect(answer.body["retryable"] == true)
            #expect(answer.header("Retry-After") != nil)
            #expect(!answer.text.contains("10.1.2.3"))
        }
    }

    @Test func `people are told who they are`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/api/v1/me", as: "dana")
            #expect(
                answer.body == [
                    "subject": "subject-of-dana", "username": "dana", "displayName": "Dana", "roles": ["deployer"],
                ])
        }
    }
}

extension Role {
    /// Somebody who has exactly this role.
    fileprivate var person: String {
        switch self {
        case .viewer: "vera"
        case .deployer: "dana"
        case .admin: "ada"
        }
    }

    /// Somebody who has just less.
    fileprivate var weakerPerson: String {
        switch self {
        case .viewer: "nobody"
        case .deployer: "vera"
        case .admin: "dana"
        }
    }
}
