import EventSourcing
import HTTPClient
import HTTPTypes
import Testing

@Suite(.serialized) struct `Input that cannot be used` {
    @Test func `an unknown path and a wrong method are told apart`() async throws {
        try await withAPI(projecting: false) { api in
            let unknown = try await api.get("/api/v1/nothing?token=x")
            #expect(unknown.status == 404)
            #expect(unknown.body["code"] == "route.unknown")
            #expect(unknown.body["instance"] == "/api/v1/nothing")
            let wrong = try await api.send(.delete, "/api/v1/customers")
            #expect(wrong.status == 405)
            #expect(wrong.header("Allow") == "GET, POST, HEAD")
        }
    }

    @Test func `a target that is not percent-encoded UTF-8 leads nowhere`() async throws {
        try await withAPI(projecting: false) { api in
            for path in ["/api/v1/customers/%zz", "/api/v1/customers/%ff", "/api/v1/customers?search=%f"] {
                let reply = try await api.http.send(api.request(.get, path, as: "vera"), timeout: .seconds(5))
                #expect(reply.status == 404)
            }
        }
    }

    @Test func `broken JSON says where it breaks`() async throws {
        try await withAPI(projecting: false) { api in
            let body = Array("{\n  \"id\": \"acme\",\n  \"name\" \"Acme\"\n}".utf8)
            let answer = try await api.send(
                .post, "/api/v1/customers", bytes: body, ["Content-Type": "application/json; charset=utf-8"])
            #expect(answer.status == 400)
            #expect(answer.body["detail"] == "The body is not JSON: line 3, column 10: a colon should be here.")
        }
    }

    @Test func `another content type is refused`() async throws {
        try await withAPI(projecting: false) { api in
            for type in ["text/plain", "application/xml", ""] {
                let answer = try await api.send(
                    .post, "/api/v1/customers", bytes: Array("{}".utf8), ["Content-Type": type])
                #expect(answer.status == 415)
            }
        }
    }

    @Test func `a body over the limit is refused, and templates may have four times as much`() async throws {
        try await withAPI(projecting: false) { api in
            let large = Array("{\"id\":\"\(String(repeating: "a", count: 1_048_577))\"}".utf8)
            let type = ["Content-Type": "application/json"]
            let customer = try await api.send(.post, "/api/v1/customers", bytes: large, type)
            #expect(customer.status == 413)
            let template = try await api.send(.post, "/api/v1/templates", bytes: large, type)
            #expect(template.status == 422)
            let larger = [UInt8](repeating: 0x20, count: 4 * 1_048_576 + 1)
            let largeTemplate = try await api.send(.post, "/api/v1/templates", bytes: larger, type)
            #expect(largeTemplate.status == 413)
        }
    }

    @Test func `everything that is wrong is told at once, with its place`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.post(
                "/api/v1/customers?dry=1", ["id": "Acme-1", "contactEmail": "nobody", "favourite": "blue"],
                ["Idempotency-Key": String(repeating: "k", count: 201), "If-Match": "3"])
            #expect(answer.status == 422)
            #expect(
                Set(answer.errorPlaces) == [
                    "query/dry", "header/Idempotency-Key", "header/If-Match", "body/id", "body/contactEmail",
                    "body/favourite", "body/name",
                ], "\(answer.text)")
        }
    }

    @Test func `a query that means nothing is refused`() async throws {
        try await withAPI { api in
            for query in [
                "limit=0", "limit=201", "limit=ten", "limit=5&limit=6", "state=sleeping", "cursor=", "cursor=abc",
                "after=-1",
                "colour=red",
            ] {
                let answer = try await api.get("/api/v1/customers?\(query)")
                #expect(answer.status == 422, "\(answer.text)")
                #expect(answer.errorPlaces.first == "query/\(query.prefix { $0 != "=" })")
            }
        }
    }

    @Test func `a command without content takes no body but an empty object`() async throws {
        try await withAPI(projecting: false) { api in
            let path = "/api/v1/deployments/acme-shop-production/retry"
            let answer1 = try await api.post(path, as: "dana", ["reason": "again"])
            #expect(answer1.status == 422)
            let answer2 = try await api.post(path, as: "dana", [:])
            #expect(answer2.status == 404)
            let answer3 = try await api.send(.post, path, as: "dana")
            #expect(answer3.status == 404)
        }
    }

    @Test func `parameters of a template are checked with paths into the body`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.prepare()
            guard case .object(var order) = Fixtures.deployment else { return }
            order["parameters"] = ["workers": 99, "colour": "red"]
            let answer = try await api.post("/api/v1/deployments", as: "dana", .object(order))
            #expect(answer.status == 422)
            #expect(Set(answer.errorPlaces) == ["body/parameters/workers", "body/parameters/colour"], "\(answer.text)")
        }
    }

    @Test func `an identifier that cannot be is refused before anybody looks for it`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/api/v1/customers/ACME%00")
            #expect(answer.status == 422)
            #expect(answer.errorPlaces == ["path/customer"])
        }
    }
}
