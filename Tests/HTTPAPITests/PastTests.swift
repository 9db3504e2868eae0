import Domain
import EventSourcing
import HTTPTypes
import TestSupport
import Testing

@Suite(.serialized) struct `Queries of the past` {
    @Test func `a list and a thing are what they were at a position`() async throws {
        try await withAPI { api in
            let (first, renamed, last) = try await api.threeChanges()
            #expect(try await api.names("asOf=0") == [])
            #expect(try await api.names("asOf=\(first)") == ["Acme"])
            #expect(try await api.names("asOf=\(renamed)") == ["Acme Two"])
            #expect(try await api.names("asOf=\(last)") == ["Acme Two", "Globex"])
            #expect(try await api.names("after=\(last)") == ["Acme Two", "Globex"])

            let then = try await api.get("/api/v1/customers/acme?asOf=\(first)")
            #expect(then.body["name"] == "Acme")
            #expect(then.header("ETag") == "\"1\"")
            #expect(then.header("Deploycenter-Position") == "\(first)")
            let now = try await api.get("/api/v1/customers/acme?after=\(last)")
            #expect(now.header("ETag") == "\"2\"")
            let missing = try await api.get("/api/v1/customers/globex?asOf=\(renamed)")
            #expect((missing.status, missing.body["code"]) == (404, "customer.unknown"))
        }
    }

    @Test func `a time stands for the last event up to it`() async throws {
        try await withAPI { api in
            let (first, _, last) = try await api.threeChanges()
            let history = try await api.get("/api/v1/streams/customer-acme/events")
            let times = (history.body["items"]?.array ?? []).compactMap { $0["recordedAt"]?.string }
            #expect(times.count == 2)
            let page = try await api.get("/api/v1/customers?asOf=\(times[0])")
            #expect(page.position == first)
            #expect(page.body["items"]?.array?.map { $0["name"] } == ["Acme"])
            #expect(try await api.names("asOf=1999-01-01T00:00:00%2B01:00") == [])
            let future = try await api.get("/api/v1/customers?asOf=2999-01-01T00:00:00Z")
            #expect(future.position == last)
        }
    }

    @Test func `a cursor stays at its moment while the world moves on`() async throws {
        try await withAPI { api in
            let (_, _, last) = try await api.threeChanges()
            let first = try await api.get("/api/v1/customers?asOf=\(last)&limit=1")
            let cursor = try #require(first.body["nextCursor"]?.string)
            let later = try await api.post("/api/v1/customers", ["id": "hooli", "name": "Hooli"]).position
            let second = try await api.get("/api/v1/customers?cursor=\(cursor)&limit=50")
            #expect(second.body["items"]?.array?.map { $0["name"] } == ["Globex"])
            #expect(second.body["nextCursor"] == .null)
            #expect(second.position == last)
            let elsewhere = try await api.get("/api/v1/customers?cursor=\(cursor)&asOf=\(later)")
            #expect(elsewhere.status == 422, "\(elsewhere.text)")
        }
    }

    @Test func `a moment that cannot be is refused`() async throws {
        try await withAPI { api in
            let (_, _, last) = try await api.threeChanges()
            for moment in ["", "yesterday", "-1", "99999999999999999999", "2026-13-01T00:00:00Z", "\(last + 1_000)"] {
                for path in ["customers", "customers/acme"] {
                    let answer = try await api.get("/api/v1/\(path)?asOf=\(moment)")
                    #expect(answer.status == 422, "\(moment): \(answer.text)")
                    #expect(answer.errorPlaces == ["query/asOf"], "\(moment)")
                }
            }
        }
    }

    @Test func `every question can be asked of the past`() async throws {
        try await withAPI { api in
            try await api.prepare()
            let then = try await api.remember(Past.upgraded, as: "akme-shop-production").rawValue
            let later = try await api.remember(Past.failedFirst, as: "akme-other-production").rawValue
            for path in [
                "/customers", "/clusters", "/templates", "/templates/shop/versions", "/deployments",
                "/deployments/akme-shop-production/timeline", "/audit", "/step-durations", "/resources",
                "/customers/akme/history", "/template-usage",
            ] {
                let past = try await api.get("/api/v1\(path)?asOf=\(then)")
                #expect(past.status == 200)
                #expect(past.position == then, "\(path)")
                #expect(past.body["items"]?.array?.isEmpty == false, "\(path)")
                #expect(past.header("Deploycenter-Position") == "\(then)")
            }
            for path in [
                "/clusters/eks-eu-1", "/templates/shop/versions/1.0.0", "/deployments/akme-shop-production", "/audit/1",
            ] {
                let past = try await api.get("/api/v1\(path)?asOf=\(then)")
                #expect(past.status == 200, "\(path): \(past.text)")
            }
            let gone = try await api.get("/api/v1/deployments/akme-other-production?asOf=\(then)")
            #expect(gone.status == 404)
            let there = try await api.get("/api/v1/deployments/akme-other-production?asOf=\(later)")
            #expect(there.body["state"] == "failed")
        }
    }
}

extension RunningAPI {
    /// Makes a customer, changes it, and makes another; the positions of these.
    fileprivate func threeChanges() async throws -> (Int64, Int64, Int64) {
        let first = try await post("/api/v1/customers", ["id": "acme", "name": "Acme"])
        let second = try await send(.put, "/api/v1/customers/acme", json: ["name": "Acme Two"])
        let third = try await post("/api/v1/customers", ["id": "globex", "name": "Globex"])
        return (first.position, second.position, third.position)
    }

    fileprivate func names(_ query: String) async throws -> [String] {
        let page = try await get("/api/v1/customers?\(query)")
        #expect(page.status == 200, "\(page.text)")
        return (page.body["items"]?.array ?? []).compactMap { $0["name"]?.string }
    }
}
