import Application
import HTTPClient

/// What lies between the server and the database and the outside: nothing, unless a debug build is to die there.
struct Edges {
    #if DEBUG
        private let points: CrashPoints?

        init(_ environment: [String: String]) { points = CrashPoints(environment) }

        var client: CurlClient.Configuration {
            var configuration = CurlClient.Configuration()
            if let points { configuration.witness = points.exchanging }
            return configuration
        }

        func around(_ store: any EventStore) -> any EventStore {
            points.map { CrashingEventStore(store: store, points: $0) } ?? store
        }

        func around(_ store: any EffectStore) -> any EffectStore {
            points.map { CrashingEffectStore(store: store, points: $0) } ?? store
        }
    #else
        let client = CurlClient.Configuration()

        init(_ environment: [String: String]) {}

        func around(_ store: any EventStore) -> any EventStore { store }

        func around(_ store: any EffectStore) -> any EffectStore { store }
    #endif
}
