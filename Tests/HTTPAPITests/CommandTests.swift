import EventSourcing
import HTTPTypes
import Postgres
import TestSupport
import Testing

@Suite(.serialized) struct `Commands over HTTP` {
    @Test func `what was made is where Location says, as soon as the view has seen it`() async throws {
        try await withAPI { api in
            let made = try await api.post(
                "/api/v1/customers", as: "dana", ["id": "acme", "name": "Acme", "contactEmail": "it@acme.example"])
            #expect(made.status == 201)
            #expect(made.header("ETag") == "\"1\"")
            #expect(made.header("Location") == "/api/v1/customers/acme")
            #expect(made.header("Deploycenter-Position") == "\(made.position)")
            #expect(made.body["stream"] == "customer-acme")
            #expect(made.body["repeated"] == false)
            let location = try #require(made.header("Location"))
            let read = try await api.get("\(location)?after=\(made.position)")
            #expect(read.status == 200)
            #expect(read.body["name"] == "Acme")
            #expect(read.header("ETag") == "\"1\"")
        }
    }

    @Test func `the same key answers the same whatever happened since, and another request may not use it`()
        async throws
    {
        try await withAPI(projecting: false) { api in
            let key = ["Idempotency-Key": "first-try"]
            let body: JSONValue = ["id": "acme", "name": "Acme"]
            let first = try await api.post("/api/v1/customers", as: "dana", body, key)
            _ = try await api.send(.put, "/api/v1/customers/acme", as: "dana", json: ["name": "Acme Group"])
            let second = try await api.post("/api/v1/customers", as: "dana", body, key)
            #expect(second.status == 201)
            #expect(second.body["repeated"] == true)
            #expect(second.position == first.position)
            let other = try await api.post("/api/v1/customers", as: "dana", ["id": "acme", "name": "Other"], key)
            #expect(other.status == 422)
            #expect(other.body["code"] == "idempotency_key.reused")
            let somebodyElse = try await api.post(
                "/api/v1/customers", as: "ada", ["id": "other", "name": "Other"], key)
            #expect(somebodyElse.status == 201)
        }
    }

    @Test func `a version that is not the last is stale`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.post("/api/v1/customers", as: "dana", ["id": "acme", "name": "Acme"])
            let path = "/api/v1/customers/acme"
            let second = try await api.send(.put, path, as: "dana", json: ["name": "Acme Two"], ["If-Match": "\"1\""])
            #expect(second.header("ETag") == "\"2\"")
            let stale = try await api.send(.put, path, as: "dana", json: ["name": "Acme Three"], ["If-Match": "\"1\""])
            #expect(stale.status == 412)
            #expect(stale.body["code"] == "stream.stale")
        }
    }

    @Test func `refusals of the business keep their code and say what to do`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.prepare()
            let exists = try await api.post("/api/v1/customers", ["id": "acme", "name": "Another"])
            #expect((exists.status, exists.body["code"]) == (409, "customer.exists"))
            let missing = try await api.post("/api/v1/customers/nobody/suspend", ["reason": "test"])
            #expect((missing.status, missing.body["code"]) == (404, "customer.unknown"))
            guard case .object(var order) = Fixtures.deployment else { return }
            order["customer"] = "nobody"
            let unusable = try await api.post("/api/v1/deployments", as: "dana", .object(order))
            #expect((unusable.status, unusable.body["code"]) == (422, "customer.unknown"))
            _ = try await api.post("/api/v1/templates", as: "alan", ["files": .object(Fixtures.template("2.0.0"))])
            let own = try await api.post("/api/v1/templates/shop/versions/2.0.0/approve", as: "alan")
            #expect((own.status, own.body["code"]) == (403, "template.approver_is_submitter"))
            for answer in [exists, missing, unusable, own] {
                #expect(answer.body["whatToDo"]?.string?.isEmpty == false)
                #expect(answer.body["retryable"] == false)
            }
        }
    }

    @Test func `a deployment is asked for, and what cannot be done to it is refused`() async throws {
        try await withAPI { api in
            try await api.prepare()
            let begun = try await api.post("/api/v1/deployments", as: "dana", Fixtures.deployment)
            #expect(begun.status == 202, "\(begun.text)")
            let path = "/api/v1/deployments/acme-shop-production"
            #expect(begun.header("Location") == path)
            let read = try await api.get("\(path)?after=\(begun.position)")
            #expect(read.body["state"] == "requested", "\(read.text)")
            #expect(read.body["domain"] == "shop-production.acme.apps.example")
            #expect(read.body["parameters"] == ["workers": 2])

            let change = try await api.post("\(path)/releases", as: "dana", ["size": "large"])
            #expect((change.status, change.body["code"]) == (409, "deployment.in_progress"))
            let rollback = try await api.post("\(path)/rollback", as: "dana", ["release": 1])
            #expect(rollback.status == 409)
            let cancel = try await api.post("\(path)/cancel", as: "dana", ["reason": "wrong"])
            #expect(cancel.status == 202, "\(cancel.text)")
            let retry = try await api.post("\(path)/retry", as: "dana")
            #expect(retry.status == 202, "\(retry.text)")
            let end = try await api.post(
                "\(path)/decommission", as: "dana", ["removeData": false, "reason": "over"], ["If-Match": "\"99\""])
            #expect(end.status == 412)
        }
    }

    @Test func `clusters are cordoned, opened and retired`() async throws {
        try await withAPI { api in
            _ = try await api.post("/api/v1/clusters", Fixtures.cluster)
            for (verb, state) in [("cordon", "cordoned"), ("uncordon", "open"), ("retire", "retired")] {
                let body: JSONValue = verb == "uncordon" ? [:] : ["reason": "test"]
                let done = try await api.post("/api/v1/clusters/eks-eu-1/\(verb)", body)
                #expect(done.status == 200, "\(done.text)")
                let read = try await api.get("/api/v1/clusters/eks-eu-1?after=\(done.position)")
                #expect(read.body["state"]?.string == state)
            }
        }
    }

    @Test func `a command that nobody heard of again is said to be so, and is repeated with a key only`() async throws {
        try await withAPI(projecting: false) { api in
            for (id, headers) in [("acme", [:]), ("akme", ["Idempotency-Key": "k1"])] as [(String, [String: String])] {
                let lost = try await api.pool.breakingAppend {
                    try await api.post("/api/v1/customers", ["id": .string(id), "name": "A"], headers)
                }
                #expect((lost.status, lost.body["code"]) == (503, "command.outcome_unknown"), "\(lost.text)")
                #expect(lost.body["retryable"] == .bool(!headers.isEmpty))
                let made = try await api.post("/api/v1/customers", ["id": .string(id), "name": "A"], headers)
                #expect(made.status == 201, "\(made.text)")
            }
            let again = try await api.post(
                "/api/v1/customers", ["id": "akme", "name": "A"], ["Idempotency-Key": "k1"])
            #expect(again.body["repeated"] == true)
        }
    }

    @Test func `who, why and from where go into the event`() async throws {
        try await withAPI(projecting: false) { api in
            let sent = ["X-Correlation-ID": "ticket-4711"]
            let made = try await api.post("/api/v1/customers", as: "dana", ["id": "acme", "name": "Acme"], sent)
            #expect(made.header("X-Correlation-ID") == "ticket-4711")
            let history = try await api.get("/api/v1/streams/customer-acme/events")
            let metadata = history.body["items"]?.array?.first?["metadata"]
            #expect(
                metadata == [
                    "actor": "subject-of-dana", "actorName": "Dana", "roles": ["deployer"],
                    "correlationID": "ticket-4711", "source": "api",
                ])
            #expect(
                api.log.lines.contains { $0.contains("correlation.id=ticket-4711") && $0.contains("createCustomer") })
        }
    }
}
