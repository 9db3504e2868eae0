/// Which of our own modules a module may import. A new arrow needs a line here, and a reason in the commit.
struct Arrows {
    let to: Set<String>
    let why: String

    init(_ to: String..., why: String) {
        self.to = Set(to)
        self.why = why
    }

    static let allowed: [String: Arrows] = [
        // The pure middle.
        "EventSourcing": Arrows(why: "the kernel imports nothing"),
        "Domain": Arrows(
            "EventSourcing", why: "rules and facts are values of the kernel's kinds, and know nothing else"),
        "ProcessManagers": Arrows(
            "Domain", "EventSourcing", why: "they watch the domain's facts, and only name effects"),
        "JSONSchema": Arrows("EventSourcing", why: "it judges the kernel's JSON values"),
        "Templating": Arrows(
            "Cryptography", "EventSourcing", "JSONSchema",
            why: "a template's parameters have a schema, and its files a digest; hashing is as pure as arithmetic"),
        "TransparencyLog": Arrows(
            "Cryptography", "EventSourcing",
            why: "proofs are hashes and signatures over events; checking one needs nothing else"),
        "Application": Arrows(
            "Domain", "EventSourcing", "JSONSchema", "ProcessManagers", "Templating",
            why: "it runs commands and effects, and declares the ports"),

        // The edges.
        "Postgres": Arrows("CLibPQ", why: "it is libpq for Swift and knows no event"),
        "HTTPClient": Arrows("CLibCurl", why: "it is libcurl for Swift and knows no vendor"),
        "Cryptography": Arrows("COpenSSL", why: "it is OpenSSL for Swift"),
        "PostgresArchives": Arrows(
            "Application", "Cryptography", "EventSourcing", "Postgres", "TransparencyLog",
            why: "it takes old partitions out of the log and proves that their files hold what was signed"),
        "PostgresLeases": Arrows("Postgres", why: "a lease is a row, whatever it is for"),
        "PostgresEventStore": Arrows(
            "Application", "Cryptography", "EventSourcing", "Postgres", "ProcessManagers", "TransparencyLog",
            why: """
                it implements the store's ports, seals personal data, hashes each event as it is appended, and hands out effects
                by the systems that processes name
                """),
        "PostgresTransparencyLog": Arrows(
            "Application", "Cryptography", "EventSourcing", "Postgres", "PostgresLeases", "TransparencyLog",
            why: "it keeps the tree of what the log holds, under one notary"),
        "PostgresProjections": Arrows(
            "Application", "Cryptography", "EventSourcing", "Postgres", "PostgresLeases",
            why: "views are SQL over stored events, so they need no domain; definitions are told apart by digest"),
        "AWS": Arrows(
            "Application", "Cryptography", "Domain", "EventSourcing", "HTTPClient",
            why: "it implements ports, signs requests, and calls what it finds by the domain's kinds"),
        "GitHub": Arrows(
            "Application", "Cryptography", "Domain", "EventSourcing", "HTTPClient",
            why: "it implements ports, checks webhook signatures, and calls what it finds by the domain's kinds"),
        "ArgoCD": Arrows(
            "Application", "Domain", "EventSourcing", "HTTPClient",
            why: "it implements ports, and calls what it finds by the domain's kinds"),
        "Keycloak": Arrows("Application", "EventSourcing", "HTTPClient", why: "it implements a port"),
        "HTTPAPI": Arrows(
            "Application", "Cryptography", "Domain", "EventSourcing", "JSONSchema",
            why: "it turns requests into commands and queries, whoever answers them, and names what it serves by hash"),

        // The one executable, and what the sandbox runs beside it.
        "LocalPostgres": Arrows(why: "it starts the Debian binaries and needs no connection"),
        "Simulators": Arrows(
            "Cryptography", "EventSourcing", "HTTPClient",
            why: "they stand in for the vendors, and must not share an adapter's mistakes"),
        "Simulation": Arrows(
            "Application", "Domain", "EventSourcing", "ProcessManagers", "Templating",
            why: "it runs the processes with models of everything outside, so it knows no adapter"),
        "DeployCenter": Arrows(
            "AWS", "Application", "ArgoCD", "Domain", "EventSourcing", "GitHub", "HTTPAPI",
            "HTTPClient", "Keycloak", "LocalPostgres", "Postgres", "PostgresEventStore",
            "PostgresArchives", "PostgresLeases", "PostgresProjections", "PostgresTransparencyLog",
            "ProcessManagers", "Simulation", "Simulators", "Templating", "TransparencyLog", "Cryptography",
            why: "the composition is where everything is named"),
    ]

    /// What implements a port or serves: none of them knows another.
    static let adapters: Set<String> = [
        "AWS", "ArgoCD", "GitHub", "HTTPAPI", "Keycloak", "PostgresEventStore", "PostgresProjections",
        "PostgresArchives", "PostgresTransparencyLog",
    ]

    /// What only the sandbox and tests run.
    static let sandbox: Set<String> = ["LocalPostgres", "Simulators"]
}

extension SourceFile {
    /// The modules that the file imports, with the line of each.
    var imports: [(module: String, line: Int)] {
        lines.compactMap { line in
            guard line.code.contains("import ") else { return nil }
            let pattern =
                #/^\s*(@\w+ )*((package|internal|private|fileprivate|public) )?import ((struct|class|enum|func|protocol|typealias|let|var) )?(?<module>\w+)/#
            return line.code.firstMatch(of: pattern).map { (String($0.output.module), line.number) }
        }
    }
}
