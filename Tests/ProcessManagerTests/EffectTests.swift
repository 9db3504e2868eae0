import Domain
import EventSourcing
import ProcessManagers
import Testing

@Suite struct `An effect's row` {
    private static let all: [DeploymentEffect] =
        Step.allCases.flatMap { [.perform($0, release: 3), .undo($0, release: 4)] }
        + [.watchDeadline(release: 5, seconds: 1800), .expireApproval(release: 6, seconds: 86400)]

    @Test(arguments: all)
    func `is read as what was written`(_ effect: DeploymentEffect) {
        #expect(DeploymentEffect(payload: effect.payload) == effect)
    }

    @Test func `has the same form for ever, as rows outlive builds`() {
        #expect(
            DeploymentEffect.perform(.accessPoint, release: 3).payload
                == ["kind": "perform", "step": "access_point", "release": 3])
        #expect(DeploymentEffect.undo(.sync, release: 3).payload == ["kind": "undo", "step": "sync", "release": 3])
        #expect(
            DeploymentEffect.watchDeadline(release: 3, seconds: 60).payload
                == ["kind": "watch_deadline", "release": 3, "seconds": 60])
        #expect(
            DeploymentEffect.expireApproval(release: 3, seconds: 60).payload
                == ["kind": "expire_approval", "release": 3, "seconds": 60])
    }

    private static let unreadable: [JSONValue] = [
        nil, [:], [], "perform", ["kind": "perform", "release": 1], ["kind": "perform", "step": "bucket"],
        ["kind": "perform", "step": "unheard_of", "release": 1], ["kind": "undo", "step": "bucket", "release": "1"],
        ["kind": "unheard_of", "step": "bucket", "release": 1], ["kind": "watch_deadline", "release": 1],
        ["kind": "perform", "step": "bucket", "release": 1.5],
    ]

    @Test(arguments: unreadable)
    func `of an unknown form is not read`(_ payload: JSONValue) {
        #expect(DeploymentEffect(payload: payload) == nil)
    }

    @Test func `is due at once, but a deadline when it passes`() {
        #expect(DeploymentEffect.perform(.bucket, release: 1).delaySeconds == 0)
        #expect(DeploymentEffect.undo(.bucket, release: 1).delaySeconds == 0)
        #expect(DeploymentEffect.watchDeadline(release: 1, seconds: 1800).delaySeconds == 1800)
        #expect(DeploymentEffect.expireApproval(release: 1, seconds: 60).delaySeconds == 60)
    }
}
