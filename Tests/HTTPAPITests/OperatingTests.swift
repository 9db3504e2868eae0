import Application
import EventSourcing
import FoundationEssentials
import HTTPAPI
import HTTPClient
import HTTPTypes
import JSONSchema
import Metrics
import Subprocess
import TestSupport
import Testing

@Suite(.serialized) struct `Operating the API` {
    @Test func `metrics count requests by operation and status and time them`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.get("/api/v1/me")
            _ = try await api.get("/api/v1/me", as: nil)
            _ = try await api.get("/api/v1/nothing")
            let answer = try await api.get("/metrics")
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "# TYPE deploycenter_http_requests_total counter",
                "deploycenter_http_requests_total{operation=\"getCaller\",status=\"200\"} 1",
                "deploycenter_http_requests_total{operation=\"getCaller\",status=\"401\"} 1",
                "deploycenter_http_requests_total{operation=\"none\",status=\"404\"} 1",
                "# TYPE deploycenter_http_request_duration_seconds histogram",
                "deploycenter_http_request_duration_seconds_bucket{operation=\"getCaller\",le=\"+Inf\"} 2",
                "deploycenter_http_request_duration_seconds_count{operation=\"getCaller\"} 2",
            ] {
                #expect(answer.text.split(separator: "\n").contains(Substring(line)), "\(line)\n\(answer.text)")
            }
        }
    }

    @Test func `Prometheus accepts the metrics, where its own checker is installed`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.get("/api/v1/me")
            let gauge = Gauge(label: "odd.label-1", dimensions: [("path", "a\"b\\c\nd")], factory: api.metrics)
            gauge.record(0.25)
            let file = "/tmp/deploycenter-metrics-\(api.port).txt"
            let bytes = try await api.get("/metrics").bytes
            #expect(FileManager.default.createFile(atPath: file, contents: Data(bytes)))
            defer { try? FileManager.default.removeItem(atPath: file) }
            let script = """
                command -v promtool >/dev/null || { echo "promtool is not installed: not checked"; exit 0; }
                promtool check metrics < "$0"
                """
            let result = try await Subprocess.run(
                .name("sh"), arguments: ["-c", script, file], output: .string(limit: 100_000),
                error: .string(limit: 100_000))
            #expect(result.terminationStatus == .exited(0), "\(result.standardOutput) \(result.standardError)")
        }
    }

    @Test func `readiness tells how views are doing, to everyone but without reasons`() async throws {
        try await withAPI { api in
            let ready = try await api.get("/readyz", as: nil)
            #expect(ready.body["status"] == "ready")
            let followers = ready.body["subscriptions"]?.array ?? []
            #expect(
                followers.compactMap { $0["name"]?.string }
                    == QueryView.allCases.map { "projection:\($0.rawValue)" }.sorted())
            #expect(ready.body["alarm"] == false)
        }
    }

    @Test func `a view that is not live makes readiness degraded, not unready`() async throws {
        try await withAPI(projecting: false) { api in
            let answer = try await api.get("/readyz", as: nil)
            #expect(answer.status == 200)
            #expect(answer.body["status"] == "degraded")
            #expect(answer.body["subscriptions"]?.array?.allSatisfy { $0["state"] == "building" } == true)
        }
    }

    @Test func `an administrator lists, rebuilds, verifies and brings back a view`() async throws {
        try await withAPI { api in
            let position = try await api.prepare()
            let answer1 = try await api.get("/api/v1/customers?after=\(position)")
            #expect(answer1.status == 200)
            let list = try await api.get("/api/v1/projections", as: "ada")
            #expect(list.body["items"]?.array?.count == QueryView.allCases.count)
            let path = "/api/v1/projections/customers"
            let answer2 = try await api.post("\(path)/back")
            #expect(answer2.body["code"] == "view.no_previous_generation")
            let rebuilt = try await api.post("\(path)/rebuild")
            #expect(rebuilt.status == 200, "\(rebuilt.text)")
            let verified = try await api.post("\(path)/verify")
            #expect(verified.body["isEqual"] == true, "\(verified.text)")
            let answer3 = try await api.post("\(path)/back")
            #expect(answer3.status == 200)
            let answer4 = try await api.post("/api/v1/projections/nothing/verify")
            #expect(answer4.status == 404)
        }
    }

    @Test func `answers carry a correlation id and are neither cached nor guessed at`() async throws {
        try await withAPI(projecting: false) { api in
            let good = try await api.get("/api/v1/me", ["X-Correlation-ID": "a.b-c:1"])
            #expect(good.header("X-Correlation-ID") == "a.b-c:1")
            let bad = try await api.get("/api/v1/nothing", ["X-Correlation-ID": "two words"])
            let made = try #require(bad.header("X-Correlation-ID"))
            #expect(made != "two words" && made.count == 36)
            #expect(bad.body["correlationID"]?.string == made)
            for answer in [good, bad] {
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
            }
        }
    }

    @Test func `whoever answers GET answers HEAD`() async throws {
        try await withAPI(projecting: false) { api in
            let reply = try await api.http.send(api.request(.head, "/healthz", as: nil), timeout: .seconds(5))
            #expect(reply.status == 200)
            #expect(reply.body.isEmpty)
        }
    }

    @Test func `the document's examples of bodies are what its schemas ask for`() async throws {
        try await withAPI(projecting: false) { api in
            var count = 0
            for operation in api.document.operations {
                guard let content = operation.description["requestBody"]?["content"]?["application/json"] else {
                    continue
                }
                let schema = try JSONSchema(content["schema"] ?? false, within: api.document.json)
                #expect(schema.validate(content["example"] ?? .null) == [], "\(operation.id)")
                count += 1
            }
            #expect(count > 12)
        }
    }

    @Test func `the document is valid OpenAPI`() async throws {
        try await withAPI(projecting: false) { api in
            let served = try await api.get("/openapi.json")
            #expect(served.body == api.document.json)
            let file = "/tmp/deploycenter-openapi-\(api.port).json"
            #expect(FileManager.default.createFile(atPath: file, contents: Data(served.bytes)))
            defer { try? FileManager.default.removeItem(atPath: file) }
            let python = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"] ?? "python3"
            let script = """
                import json, sys
                from openapi_spec_validator import OpenAPIV31SpecValidator
                errors = list(OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).iter_errors())
                print("\\n".join(f"{list(e.absolute_path)}: {e.message[:300]}" for e in errors))
                sys.exit(1 if errors else 0)
                """
            let result = try await Subprocess.run(
                .name("sh"), arguments: ["-c", "exec \"$0\" -c \"$1\" \"$2\"", python, script, file],
                output: .string(limit: 100_000), error: .string(limit: 100_000))
            #expect(
                result.terminationStatus == .exited(0),
                "\(result.standardOutput) \(result.standardError)")
        }
    }
}
