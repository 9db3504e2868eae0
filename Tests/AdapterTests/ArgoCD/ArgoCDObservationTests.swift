import Application
import ArgoCD
import EventSourcing
import FoundationEssentials
import Testing

@Suite struct `Observing an application` {
    @Test func `reads statuses, the last sync and its times`() throws {
        let observation = ApplicationObservation(try application(healthy), tree: nil)
        #expect(observation.syncStatus == "Synced")
        #expect(observation.syncRevision == "c0ffee")
        #expect(observation.health == "Healthy")
        #expect(observation.operation?.phase == "Succeeded")
        #expect(observation.operation?.revision == "c0ffee")
        #expect(observation.operation?.startedAt == Timestamp("2026-11-23T00:00:01Z"))
        #expect(observation.operation?.finishedAt == Timestamp("2026-11-23T00:00:09Z"))
        #expect(observation.reconciledAt == Timestamp("2026-11-23T00:00:10Z"))
        #expect(observation.errors.isEmpty)
    }

    @Test func `reads errors but not warnings, and names what is not healthy`() throws {
        let application = try application(
            #"""
            {"metadata":{"name":"a"},"status":{"sync":{"status":"OutOfSync"},"health":{"status":"Degraded","message":"m"},
             "conditions":[{"type":"ComparisonError","message":"no such path"},{"type":"OrphanedResourceWarning","message":"x"}],
             "operationState":{"phase":"Failed","message":"one or more objects failed","startedAt":"2026-11-23T00:00:01Z",
               "operation":{"sync":{"revision":"beef"}}}}}
            """#)
        let tree = try JSONDecoder().decode(
            ArgoCDResourceTree.self,
            from: Data(
                #"""
                {"nodes":[{"kind":"Deployment","name":"web","health":{"status":"Degraded","message":"quota exceeded"}},
                 {"kind":"Pod","name":"web-1","health":{"status":"Progressing"}},
                 {"kind":"Service","name":"web","health":{"status":"Healthy"}},{"kind":"ConfigMap","name":"c"}]}
                """#.utf8))
        let observation = ApplicationObservation(application, tree: tree)
        #expect(observation.errors == ["ComparisonError: no such path"])
        #expect(observation.unhealthyResources == ["Deployment/web: quota exceeded", "Pod/web-1: Progressing"])
        #expect(observation.healthMessage == "m")
        #expect(observation.syncRevision == "")
        #expect(observation.operation?.revision == "beef")
        #expect(observation.operation?.finishedAt == nil)
    }

    @Test func `takes an application without a status for unknown`() throws {
        let observation = ApplicationObservation(try application(#"{"metadata":{"name":"a"}}"#), tree: nil)
        #expect(observation.syncStatus == "Unknown")
        #expect(observation.health == "Unknown")
        #expect(observation.operation == nil)
    }

    @Test func `knows its own applications by their labels`() throws {
        let ours = #"{"app.kubernetes.io/managed-by":"deploycenter","deploycenter.io/deployment":"d"}"#
        #expect(try application(#"{"metadata":{"name":"a","labels":\#(ours)}}"#).deployment == "d")
        #expect(
            try application(#"{"metadata":{"name":"a","labels":{"deploycenter.io/deployment":"d"}}}"#).deployment == nil
        )
        #expect(try application(#"{"metadata":{"name":"a"}}"#).deployment == nil)
    }

    @Test func `hears of changes in lines that come in pieces`() throws {
        var lines = LineSplitter()
        let text =
            #"{"result":{"type":"ADDED","application":{"metadata":{"name":"a"}}}}"# + "\n\n"
            + #"{"result":{"type":"MODIFIED","application":{"metadata":{"name":"b"}}}}"# + "\n{"
        var names: [String?] = []
        for byte in text.utf8 {
            for line in lines.take([byte]) { names.append(try ArgoCDWatchLine.name(in: line)) }
        }
        #expect(names == ["a", "b"])
    }

    @Test func `hears an error in the stream as its end`() {
        let line = #"{"error":{"grpc_code":14,"http_code":503,"message":"shutting down","http_status":"x"}}"#
        #expect(throws: ProviderError.self) { try ArgoCDWatchLine.name(in: Array(line.utf8)) }
    }

    private func application(_ json: String) throws -> ArgoCDApplication {
        try JSONDecoder().decode(ArgoCDApplication.self, from: Data(json.utf8))
    }

    private let healthy = #"""
        {"metadata":{"name":"acme-shop","uid":"u","resourceVersion":"12","finalizers":["x"],"labels":{"a":"b"}},
         "spec":{"project":"customers","source":{"repoURL":"r","path":"p","targetRevision":"refs/heads/main"},
           "destination":{"server":"https://eks.example","namespace":"n"}},
         "status":{"sync":{"status":"Synced","revision":"c0ffee","comparedTo":{"source":{"repoURL":"r"}}},
           "health":{"status":"Healthy","lastTransitionTime":"2026-11-23T00:00:08Z"},
           "operationState":{"phase":"Succeeded","message":"successfully synced (all tasks run)",
             "startedAt":"2026-11-23T00:00:01Z","finishedAt":"2026-11-23T00:00:09Z",
             "operation":{"initiatedBy":{"username":"deploycenter"},"sync":{"revision":"c0ffee","prune":true}},
             "syncResult":{"revision":"c0ffee","resources":[{"kind":"Service","name":"web","status":"Synced"}]}},
           "reconciledAt":"2026-11-23T00:00:10Z","resourceHealthSource":"appTree","summary":{"images":["nginx"]}}}
        """#
}
