// swift-tools-version: 6.2
import PackageDescription

/// Rules for our own targets; dependencies keep theirs.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// Tests read their fixtures where they lie, so these are no resources.
func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: fixtures, swiftSettings: strict)
}

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let stencil: Target.Dependency = .product(name: "Stencil", package: "Stencil")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "deploycenter",
    products: [.executable(name: "deploycenter", targets: ["DeployCenter"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/stencilproject/Stencil", from: "0.15.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        // C libraries: module maps and typed shims, nothing else.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // The pure middle.
        module("EventSourcing"),
        module("Domain", ["EventSourcing"]),
        module("ProcessManagers", ["Domain", "EventSourcing"]),
        module("JSONSchema", ["EventSourcing"]),
        module("Templating", ["Cryptography", "EventSourcing", "JSONSchema", stencil, yaml]),
        module("TransparencyLog", ["Cryptography", "EventSourcing"]),
        module(
            "Application",
            [
                "Domain", "EventSourcing", "JSONSchema", "ProcessManagers", "Templating", lifecycle, logging, metrics,
            ]),

        // The edges.
        module("Postgres", ["CLibPQ", logging]),
        module(
            "PostgresEventStore",
            [
                "Application", "Cryptography", "EventSourcing", "Postgres", "ProcessManagers", "TransparencyLog",
                lifecycle, logging, metrics,
            ],
            resources: [.embedInCode("SQL")]),
        module(
            "PostgresProjections",
            [
                "Application", "Cryptography", "EventSourcing", "Postgres", "PostgresLeases", lifecycle, logging,
                metrics, yaml,
            ],
            resources: [.embedInCode("SQL")]),
        module(
            "PostgresArchives",
            ["Application", "Cryptography", "EventSourcing", "Postgres", "TransparencyLog", subprocess],
            resources: [.embedInCode("SQL")]),
        module("PostgresLeases", ["Postgres", logging], resources: [.embedInCode("SQL")]),
        module(
            "PostgresTransparencyLog",
            [
                "Application", "Cryptography", "EventSourcing", "Postgres", "PostgresLeases", "TransparencyLog",
                lifecycle, logging, metrics,
            ],
            resources: [.embedInCode("SQL")]),
        module("HTTPClient", ["CLibCurl", httpTypes, logging, metrics]),
        module("Cryptography", ["COpenSSL"]),
        module(
            "AWS", ["Application", "Cryptography", "Domain", "EventSourcing", "HTTPClient", httpTypes, logging]),
        module(
            "GitHub",
            ["Application", "Cryptography", "Domain", "EventSourcing", "HTTPClient", httpTypes, jwt, logging]),
        module("ArgoCD", ["Application", "Domain", "EventSourcing", "HTTPClient", httpTypes, logging]),
        module("Keycloak", ["Application", "EventSourcing", "HTTPClient", httpTypes, jwt, logging]),
        module(
            "HTTPAPI",
            [
                "Application", "Cryptography", "Domain", "EventSourcing", "JSONSchema", httpTypes, hummingbird,
                lifecycle,
                logging, metrics,
            ]),

        // The one executable, and what the sandbox runs beside it.
        module("LocalPostgres", [subprocess]),
        module(
            "Simulators",
            [
                "Cryptography", "EventSourcing", "HTTPClient", httpTypes, hummingbird, jwt, lifecycle, logging,
                subprocess,
                yaml,
            ]),
        // The processes among everything that can fail, in one process: what `deploycenter simulate` runs.
        module("Simulation", ["Application", "Domain", "EventSourcing", "ProcessManagers", "Templating", logging]),
        .executableTarget(
            name: "DeployCenter",
            dependencies: [
                "AWS", "Application", "ArgoCD", "Domain", "EventSourcing", "GitHub", "HTTPAPI",
                "Cryptography", "HTTPClient", "Keycloak", "LocalPostgres", "Postgres", "PostgresEventStore",
                "PostgresArchives", "PostgresLeases", "PostgresProjections", "PostgresTransparencyLog",
                "ProcessManagers", "Simulation", "Simulators", "Templating", "TransparencyLog", arguments, httpTypes,
                hummingbird, lifecycle, logging, metrics, signals, subprocess, system,
            ],
            exclude: ["DeployCenter.docc"],
            swiftSettings: strict),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: [
                "Application", "Cryptography", "Domain", "EventSourcing", "LocalPostgres", "Postgres",
                "PostgresEventStore", subprocess,
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("ArchitectureTests", ["Domain", "EventSourcing"]),
        tests("DomainTests", ["Domain", "EventSourcing"], fixtures: ["Fixtures"]),
        tests("ProcessManagerTests", ["Domain", "EventSourcing", "ProcessManagers"]),
        tests("TemplatingTests", ["Domain", "EventSourcing", "JSONSchema", "Templating", yaml, subprocess]),
        tests("PostgresTests", ["LocalPostgres", "Postgres", subprocess]),
        tests(
            "EventStoreTests",
            ["Application", "Domain", "EventSourcing", "Postgres", "PostgresEventStore", "ProcessManagers", logging]),
        tests(
            "ProjectionTests",
            [
                "Application", "Domain", "EventSourcing", "LocalPostgres", "Postgres", "PostgresEventStore",
                "PostgresLeases", "PostgresProjections", logging, subprocess, yaml,
            ]),
        tests("CryptographyTests", ["Cryptography"]),
        tests(
            "ArchiveTests",
            [
                "Application", "Domain", "EventSourcing", "Postgres", "PostgresArchives", "PostgresEventStore",
                "TransparencyLog",
            ]),
        tests("LeaseTests", ["Postgres", "PostgresLeases", logging]),
        tests(
            "TransparencyLogTests", ["Cryptography", "EventSourcing", "TransparencyLog", subprocess],
            fixtures: ["Verifier"]),
        tests(
            "NotaryTests",
            [
                "Application", "Cryptography", "Domain", "EventSourcing", "Postgres", "PostgresEventStore",
                "PostgresLeases", "PostgresTransparencyLog", "TransparencyLog", logging, subprocess,
            ]),
        tests("HTTPClientTests", ["HTTPClient", httpTypes, logging, subprocess]),
        tests(
            "AdapterTests",
            [
                "AWS", "Application", "ArgoCD", "Cryptography", "Domain", "EventSourcing", "GitHub", "HTTPClient",
                "Keycloak", "Simulators", httpTypes, jwt, logging, subprocess,
            ]),
        tests(
            "SimulatorTests",
            ["Cryptography", "EventSourcing", "HTTPClient", "Simulators", httpTypes, logging, subprocess],
            fixtures: ["Clients"]),
        tests(
            "ApplicationTests",
            [
                "Application", "Domain", "EventSourcing", "JSONSchema", "PostgresEventStore", "ProcessManagers",
                logging,
            ]),
        tests("SimulationTests", ["Simulation"]),
        tests(
            "HTTPAPITests",
            [
                "Application", "Cryptography", "Domain", "EventSourcing", "GitHub", "HTTPAPI", "HTTPClient",
                "JSONSchema", "Postgres", "PostgresArchives", "PostgresEventStore", "PostgresLeases",
                "PostgresProjections", "PostgresTransparencyLog", "Simulators", "TransparencyLog",
                httpTypes, lifecycle, logging, metrics, subprocess,
            ]),
        tests("EndToEndTests", ["EventSourcing", "HTTPClient", httpTypes, logging, subprocess, system]),
    ]
)
