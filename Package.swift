// swift-tools-version:6.2
import PackageDescription

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let httpCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "ringbridge",
    products: [
        .executable(name: "ringbridge", targets: ["ringbridge"]),
        .executable(name: "ringme-simulator", targets: ["ringme-simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "Postgres", dependencies: ["CLibpq", log, lifecycle]),
        .target(
            name: "Schema",
            path: "sql",
            exclude: ["roles.sql", "schema.sql"],
            sources: ["Schema.swift"],
            resources: [.embedInCode("migrations")]
        ),
        .target(name: "Telephony"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "Spool", dependencies: ["CSQLite", "Telephony", log, system]),
        .target(name: "Storage", dependencies: ["Postgres", "Schema", "Telephony", crypto, lifecycle, log]),
        .target(name: "RingmeAPI", dependencies: ["Telephony", httpClient, httpCompression, log, nioCore, nioHTTP1]),
        .target(
            name: "Workers",
            dependencies: ["Postgres", "RingmeAPI", "Storage", "Telephony", lifecycle, log, metrics]
        ),
        .target(
            name: "WebAPI",
            dependencies: [
                "Postgres", "Spool", "Storage", "Telephony", httpTypes, hummingbird, lifecycle, log, metrics, nioCore,
                nioHTTPTypes,
            ],
            resources: [.embedInCode("OpenAPI/openapi.yaml")]
        ),
        .target(name: "Observability", dependencies: [coreMetrics, log]),
        .target(
            name: "RingmeSimulator",
            dependencies: [httpClient, httpTypes, hummingbird, lifecycle, log, nioCore, nioHTTP1]
        ),
        .executableTarget(
            name: "ringme-simulator",
            dependencies: ["RingmeSimulator", arguments, lifecycle, log, unixSignals]
        ),
        .executableTarget(
            name: "ringbridge",
            dependencies: [
                "Observability", "Postgres", "RingmeAPI", "Schema", "Spool", "Storage", "Telephony", "WebAPI",
                "Workers",
                arguments, configuration, hummingbird, lifecycle, log, metrics, nioCore, system, unixSignals,
            ]
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "Postgres", "RingmeSimulator", "Schema", "Storage", "Telephony", httpClient, lifecycle, log, nioCore,
            ],
            path: "Tests/TestSupport"
        ),
        .executableTarget(
            name: "bench-load",
            dependencies: [arguments, hummingbird, log, nioCore, nioHTTP1, nioPosix],
            path: "Tests/bench-load"
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport", lifecycle, log]),
        .testTarget(name: "TelephonyTests", dependencies: ["Telephony", "TestSupport"]),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "Telephony", "TestSupport", log]),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Postgres", "Schema", "Storage", "Telephony", "TestSupport", lifecycle, log]
        ),
        .testTarget(
            name: "RingmeAPITests",
            dependencies: ["RingmeAPI", "RingmeSimulator", "Telephony", "TestSupport", httpClient, log]
        ),
        .testTarget(
            name: "WorkersTests",
            dependencies: [
                "Postgres", "RingmeAPI", "RingmeSimulator", "Storage", "Telephony", "TestSupport", "Workers", log,
            ]
        ),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "Postgres", "Spool", "Storage", "Telephony", "TestSupport", "WebAPI", httpClient, httpTypes,
                hummingbird,
                hummingbirdTesting, inMemoryLogging, lifecycle, log, nioCore, nioEmbedded, nioHTTP1, nioHTTPTypes,
            ]
        ),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability", coreMetrics, log, metrics]),
        .testTarget(
            name: "RingmeSimulatorTests",
            dependencies: [
                "RingmeSimulator", "TestSupport", httpClient, httpTypes, hummingbird, log, nioCore, nioHTTP1,
            ]
        ),
        .testTarget(name: "RingbridgeTests", dependencies: ["Postgres", "Storage", "ringbridge", configuration]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Postgres", "RingmeSimulator", "Storage", "Telephony", "TestSupport", "ringbridge", "ringme-simulator",
                httpClient, log, nioCore, nioFoundation, nioHTTP1,
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// The upcoming features that Swift 6 mode does not turn on by itself; a warning is an error, but for a dependency's
// deprecations, which may not break our build.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
    .strictMemorySafety(),
]

for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}
