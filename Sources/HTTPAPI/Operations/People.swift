import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    private static let subject = Parameter(
        "subject", .path,
        "`customer:<id>` for the contact of a customer, or `actor:<subject at the identity provider>`.",
        ["type": "string", "pattern": "^(customer|actor):[^\\s/]{1,255}$", "examples": ["customer:acme"]])

    /// Whose personal data is kept, and the end of that.
    var personalData: [Operation] {
        [
            Operation(
                id: "listSubjects", method: .get, path: "/api/v1/subjects", tag: .audit,
                summary: "List whom personal data is or was kept about", description: "In the order of their names.",
                role: .admin,
                parameters: [
                    Parameter(
                        "cursor", .query, "Where the last page ended: its `nextCursor`. The first page without.",
                        ["type": "string", "minLength": 1, "maxLength": 300]), .limit,
                ],
                answer: .init(success: .done, description: "A page.", content: .json(schema: "SubjectPage"))
            ) { call in
                let limit = Int(call.integer("limit") ?? 50)
                let found = try await people.subjects(after: call.arguments["cursor"]?.string, limit: limit + 1)
                let page = found.prefix(limit)
                return .json(members: [
                    ("items", .texts(try page.map { try JSONText.encode($0) })),
                    (
                        "nextCursor",
                        .value(found.count > limit ? page.last.map { .string($0.name) } ?? .null : .null)
                    ),
                ])
            },
            Operation(
                id: "getSubject", method: .get, path: "/api/v1/subjects/{subject}", tag: .audit,
                summary: "Show whether personal data is kept about somebody", description: "", role: .admin,
                parameters: [Self.subject],
                answer: .init(success: .done, description: "What is kept.", content: .json(schema: "Subject")),
                problems: [.notFound]
            ) { call in
                let name = try call.required("subject")
                guard let subject = try await people.subject(name) else { throw Problem.missing("subject", name) }
                return try .json(encoding: subject)
            },
            .command(
                "forgetSubject", .post, "/api/v1/subjects/{subject}/forget", .audit, "Forget somebody",
                """
                Destroys the key of the personal data: it shows as `erased` everywhere, for ever; proofs go on to hold. What else \
                is known stays.
                """, role: .admin, parameters: [Self.subject],
                body: .init(schema: "Reason", example: ["reason": "asked for it on 2026-11-20"])
            ) { call in
                let done = try await commands.forget(
                    try call.id("subject", of: DataSubject.self), reason: try call.text("reason"), keeper: people,
                    try call.context())
                return .receipt(done.receipt)
            },
        ]
    }
}
