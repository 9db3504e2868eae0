package import EventSourcing

/// A fully qualified domain name that at most one deployment holds at a time.
package enum DomainName: Decider {
    package enum State: Equatable, Sendable {
        case free
        case held(by: ID<Deployment>)
    }

    package enum Command: Equatable, Sendable {
        case claim(by: ID<Deployment>)
        case release(by: ID<Deployment>)
    }

    package enum Rejection: Error, Equatable, Sendable {
        case taken(by: ID<Deployment>)
    }

    package static let initialState = State.free

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [DomainNameEvent] {
        switch (command, state) {
        case (.claim(let deployment), .free): [.claimed(.init(deployment: deployment))]
        case (.claim(let deployment), .held(let holder)) where holder == deployment: []
        case (.claim, .held(let holder)): throw .taken(by: holder)
        case (.release(let deployment), .held(let holder)) where holder == deployment:
            [.released(.init(deployment: deployment))]
        case (.release, _): []
        }
    }

    package static func evolve(_ state: inout State, with event: DomainNameEvent) {
        switch event {
        case .claimed(let fact): state = .held(by: fact.deployment)
        case .released: state = .free
        }
    }
}
