import Application
import ArgoCD
import EventSourcing
import Simulators
import Testing

@Suite struct `Deploying with Argo CD` {
    @Test func `brings a commit to the cluster, and the next one`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let first = try await loopback.release("shop:1")
            let made = try await loopback.argoCD.upsert(loopback.request())
            #expect(made.name == "shop" && !made.uid.isEmpty)
            #expect(try await observe(loopback)?.syncStatus == "OutOfSync")
            #expect(try await loopback.argoCD.startSync(loopback.sync(first)) == .started)
            try await expectDeployed(first, loopback)

            let second = try await loopback.release("shop:2")
            let changed = try await loopback.argoCD.upsert(loopback.request(release: 2))
            #expect(changed == made)
            #expect(try await observe(loopback)?.syncStatus == "OutOfSync")
            #expect(try await loopback.argoCD.startSync(loopback.sync(second)) == .started)
            try await expectDeployed(second, loopback)
        }
    }

    @Test func `can be repeated at every step`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let commit = try await loopback.release("shop:1")
            let made = try await loopback.argoCD.upsert(loopback.request())
            #expect(try await loopback.argoCD.upsert(loopback.request()) == made)
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
            try await expectDeployed(commit, loopback)
        }
    }

    @Test func `waits while another sync runs`() async throws {
        var pace = Pace.immediate
        pace.syncSeconds = 5
        try await ArgoCDLoopback.run(pace: pace) { loopback in
            let commit = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .operationInProgress)
            #expect(try await observe(loopback)?.operation?.phase == "Running")
            loopback.clock.advance(.seconds(6))
            #expect(try await observe(loopback)?.operation?.phase == "Succeeded")
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
        }
    }

    @Test func `ends a sync that is in the way, and may find none`() async throws {
        var pace = Pace.immediate
        pace.syncSeconds = 3600
        try await ArgoCDLoopback.run(pace: pace) { loopback in
            let first = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            #expect(try await loopback.argoCD.startSync(loopback.sync(first)) == .started)
            let second = try await loopback.release("shop:2")
            #expect(try await loopback.argoCD.startSync(loopback.sync(second)) == .operationInProgress)
            try await loopback.argoCD.terminateOperation("shop", project: "customers")
            #expect(try await observe(loopback)?.operation?.phase == "Failed")
            try await loopback.argoCD.terminateOperation("shop", project: "customers")
            #expect(try await loopback.argoCD.startSync(loopback.sync(second)) == .started)
        }
    }

    @Test func `names what is not healthy yet`() async throws {
        var pace = Pace.immediate
        pace.healthSeconds = 25
        try await ArgoCDLoopback.run(pace: pace) { loopback in
            let commit = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
            loopback.clock.advance(.seconds(1))
            let observation = try #require(try await observe(loopback))
            #expect(observation.health == "Progressing")
            #expect(observation.unhealthyResources.contains { $0.hasPrefix("Deployment/web: ") })
            loopback.clock.advance(.seconds(30))
            #expect(try await observe(loopback)?.unhealthyResources == [])
        }
    }

    @Test func `touches nothing that somebody else made`() async throws {
        try await ArgoCDLoopback.run { loopback in
            _ = try await loopback.release("shop:1")
            try await loopback.addForeignApplication()
            await expectRefusal("did not make") { () throws(ProviderError) in
                _ = try await loopback.argoCD.upsert(loopback.request())
            }
            #expect(
                try await loopback.argoCD.remove("shop", project: "customers", deployment: "acme-shop")
                    == .done(Absence("application shop of project customers was not made by DeployCenter")))
            #expect(try await observe(loopback) != nil)
        }
    }

    @Test func `keeps one deployment's application from another`() async throws {
        try await ArgoCDLoopback.run { loopback in
            _ = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            await expectRefusal("belongs to deployment acme-shop") { () throws(ProviderError) in
                _ = try await loopback.argoCD.upsert(loopback.request(deployment: "other-shop"))
            }
            #expect(
                try await loopback.argoCD.remove("shop", project: "customers", deployment: "other-shop")
                    == .done(Absence("application shop of project customers belongs to deployment acme-shop")))
            #expect(try await observe(loopback) != nil)
            await expectRefusal("another project") { () throws(ProviderError) in
                _ = try await loopback.argoCD.upsert(loopback.request(project: "default"))
            }
        }
    }

    @Test func `removes an application, and proves that it is gone`() async throws {
        var pace = Pace.immediate
        pace.deletionSeconds = 4
        try await ArgoCDLoopback.run(pace: pace) { loopback in
            _ = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            for _ in 0..<2 {
                guard
                    case .pending = try await loopback.argoCD.remove(
                        "shop", project: "customers", deployment: "acme-shop")
                else {
                    Issue.record("removed before Argo CD had time")
                    return
                }
            }
            do {
                _ = try await loopback.argoCD.upsert(loopback.request())
                Issue.record("changed while it is being deleted")
            } catch {
                guard case ProviderError.retryable = error else { throw error }
            }
            loopback.clock.advance(.seconds(5))
            guard case .done = try await loopback.argoCD.remove("shop", project: "customers", deployment: "acme-shop")
            else {
                Issue.record("not gone")
                return
            }
            #expect(try await observe(loopback) == nil)
        }
    }

    @Test func `does not take a proxy's 404 for the proof of absence`() async throws {
        try await ArgoCDLoopback.run { loopback in
            try await loopback.addFault([
                "method": "GET", "path": "/applications/shop", "status": 404, "body": "404 page not found",
            ])
            await expectRefusal("address") { () throws(ProviderError) in
                _ = try await loopback.argoCD.remove("shop", project: "customers", deployment: "acme-shop")
            }
        }
    }

    @Test func `observes without the tree while there is none`() async throws {
        try await ArgoCDLoopback.run { loopback in
            _ = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            try await loopback.addFault(["method": "GET", "path": "resource-tree", "status": 500, "body": "{}"])
            #expect(try await observe(loopback)?.health == "Missing")
        }
    }

    @Test func `hears of changes while they happen`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let commit = try await loopback.release("shop:1")
            _ = try await loopback.argoCD.upsert(loopback.request())
            var names = try await loopback.argoCD.changes(project: "customers").makeAsyncIterator()
            #expect(try await names.next() == "shop")
            #expect(try await loopback.argoCD.startSync(loopback.sync(commit)) == .started)
            #expect(try await names.next() == "shop")
        }
    }

    private func observe(_ loopback: ArgoCDLoopback) async throws(ProviderError) -> ApplicationObservation? {
        try await loopback.argoCD.observe("shop", project: "customers", refresh: true)
    }

    private func expectDeployed(_ commit: String, _ loopback: ArgoCDLoopback) async throws {
        let observation = try #require(try await observe(loopback))
        #expect(observation.syncStatus == "Synced")
        #expect(observation.syncRevision == commit)
        #expect(observation.health == "Healthy")
        #expect(observation.operation?.phase == "Succeeded")
        #expect(observation.operation?.revision == commit)
        #expect(observation.errors == [])
    }

    private func expectRefusal(
        _ text: String, location: SourceLocation = #_sourceLocation, _ body: () async throws(ProviderError) -> Void
    ) async {
        do throws(ProviderError) {
            try await body()
            Issue.record("not refused", sourceLocation: location)
        } catch .refused(let reason) {
            #expect(reason.contains(text), sourceLocation: location)
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }
}
