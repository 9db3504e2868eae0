import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A change of files by somebody else` {
    private let found = ForeignCommit(
        commit: "f00", repository: "https://git.example/apps.git", author: .init(id: "7", login: "eve"),
        committedAt: nil)

    private func noted(files: [String] = ["a.yaml"], more: Int = 0) -> DeploymentEvent {
        .unexplainedChange(
            .init(
                number: 1, commit: "f00", repository: "https://git.example/apps.git", files: files, moreFiles: more,
                author: .init(id: "7", login: "eve"), committedAt: nil))
    }

    @Test func `is noted once for each commit`() {
        let note = Deployment.Command.noteUnexplainedChange(found, files: ["a.yaml"])
        given(Deployment.self, Past.live).when(note).then(noted())
        given(Deployment.self, Past.live + [noted()]).when(note).thenNothing()
    }

    @Test func `stops nothing and begins nothing`() {
        for history in [Past.provisioning, Past.live, Past.cancelledFirst] {
            var after = Deployment.fold(history + [noted()])
            after.unexplainedChanges = []
            #expect(after == Deployment.fold(history))
        }
    }

    @Test func `is none where the commit is the deployment's own`() {
        let own = ForeignCommit(
            commit: Deployment.fold(Past.live).resources.commit?.value ?? "", repository: "r", author: nil,
            committedAt: nil)
        given(Deployment.self, Past.live).when(.noteUnexplainedChange(own, files: ["a.yaml"])).thenNothing()
    }

    @Test func `names so many files as somebody reads, and how many more there are`() {
        let files = (0..<60).map { "\($0).yaml" }
        given(Deployment.self, Past.live).when(.noteUnexplainedChange(found, files: files))
            .then(noted(files: Array(files.prefix(50)), more: 10))
    }

    @Test func `is not noted where there is no deployment`() {
        given(Deployment.self, []).when(.noteUnexplainedChange(found, files: ["a.yaml"])).thenRejected(.unknown)
    }
}
