import Application
import EventSourcing
import HTTPTypes

extension Backend {
    /// The work that goes on by itself, for those who run DeployCenter.
    var effects: [Operation] { effectQuestions + effectCommands }

    private var effectQuestions: [Operation] {
        [
            Operation(
                id: "listSystems", method: .get, path: "/api/v1/systems", tag: .operations,
                summary: "Show how the outside systems are",
                description: """
                    A circuit is what of a system fails as one. While it is open, or its system has asked to be spared, effects wait \
                    and no attempt of theirs is counted.
                    """,
                role: .viewer,
                answer: .init(
                    success: .done, description: "Every circuit that had an effect.",
                    content: .json(schema: "SystemList"))
            ) { _ in try .json(encoding: ["items": try await effectOperations.systems()]) },
            Operation(
                id: "listEffects", method: .get, path: "/api/v1/effects", tag: .operations,
                summary: "List the work that goes on by itself",
                description: "Those due first before others; and the deployments whose process is parked.",
                role: .viewer,
                parameters: Parameter.effectFilters,
                answer: .init(
                    success: .done, description: "What fits.", content: .json(schema: "EffectList"))
            ) { call in
                let rows = try await effectOperations.list(call.effectSelection())
                let parked = try await effectOperations.parked().map { ParkedView($0) }
                return try .json(encoding: EffectListing(items: rows, parked: parked))
            },
            Operation(
                id: "showEffect", method: .get, path: "/api/v1/effects/{effect}", tag: .operations,
                summary: "Tell how an effect came to be, and what became of it",
                description: "The event, what was decided upon it, and every attempt.", role: .viewer,
                parameters: [.effect],
                answer: .init(
                    success: .done, description: "Its story.", content: .json(schema: "EffectStory")),
                problems: [.notFound]
            ) { call in try .json(encoding: try await effectOperations.show(try call.required("effect"))) },
        ]
    }

    private var effectCommands: [Operation] {
        [
            intervention(
                "retryEffect", "retry", "Try an effect again now",
                "As if it had not failed, and whatever its circuit says. Also a stream whose process is parked, by its name."
            ) { try await effectOperations.retry($0, reason: $1, $2) },
            intervention(
                "skipEffect", "skip", "Go on as if a removal were done",
                "You say so, and answer for it. What a step makes cannot be said; a timer just ends."
            ) { try await effectOperations.skip($0, reason: $1, $2) },
            intervention(
                "cancelEffect", "cancel", "Give an effect up as failed",
                "A step's release is taken back then; of a removal something remains, for all to see."
            ) { try await effectOperations.cancel($0, reason: $1, $2) },
        ]
    }

    private func intervention(
        _ id: String, _ verb: String, _ summary: String, _ description: String,
        _ act: @escaping @Sendable (String, String, CommandContext) async throws -> CommandReceipt
    ) -> Operation {
        Operation(
            id: id, method: .post, path: PathTemplate(stringLiteral: "/api/v1/effects/{effect}/\(verb)"),
            tag: .operations, summary: summary, description: description, role: .admin,
            parameters: [.effect, .idempotencyKey], body: .reason("deleted by hand, ticket 4711"),
            answer: .init(
                success: .done, description: "What the command did.", content: .json(schema: "Receipt"),
                headers: [.eTag, .position]),
            problems: [.notFound, .conflict]
        ) { call in
            .receipt(try await act(try call.required("effect"), try call.text("reason"), try call.context()))
        }
    }
}

/// The answer to a question for effects.
private struct EffectListing: Encodable {
    let items: [EffectRow]
    let parked: [ParkedView]
}

/// A parked stream as the API shows it.
private struct ParkedView: Encodable {
    let stream: String
    let version: Int
    let position: Position
    let reason: String

    init(_ parked: ParkedStream) {
        stream = parked.stream.description
        version = parked.version
        position = parked.position
        reason = parked.reason
    }
}

extension Parameter {
    fileprivate static let effect = Parameter(
        "effect", .path, "The effect's id, with its slashes escaped (%2F).",
        [
            "type": "string", "minLength": 1, "maxLength": 300,
            "examples": ["deployment-acme-shop-production/1/0"],
        ])

    fileprivate static let effectFilters: [Parameter] = [
        Parameter(
            "deployment", .query, "Only of this deployment.",
            ["type": "string", "pattern": "^[a-z0-9-]{1,63}$", "examples": ["acme-shop-production"]]),
        Parameter(
            "system", .query, "Only for this system.",
            ["type": "string", "pattern": "^[a-z0-9_]{1,40}$", "examples": ["argocd"]]),
        Parameter(
            "customer", .query, "Only for this customer.",
            ["type": "string", "pattern": "^[a-z0-9]{1,20}$", "examples": ["acme"]]),
        Parameter(
            "state", .query, "Only in this state.",
            ["type": "string", "enum": .array(EffectRow.State.allCases.map { .string($0.rawValue) })]),
        .limit,
    ]
}

extension Call {
    fileprivate func effectSelection() -> EffectSelection {
        let state = arguments["state"]?.string.flatMap(EffectRow.State.init(rawValue:))
        return EffectSelection(
            stream: arguments["deployment"]?.string.map { StreamName(category: "deployment", id: $0) },
            system: arguments["system"]?.string, customer: arguments["customer"]?.string, state: state,
            includesEnded: state == .ended, limit: Int(integer(Parameter.limit.name) ?? 50))
    }
}
