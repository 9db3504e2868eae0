import Application
import EventSourcing
import HTTPTypes

extension Backend {
    private static let view = Parameter(
        "view", .path, "The view's name.",
        ["type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$", "examples": ["deployment_status"]])

    var views: [Operation] {
        [
            Operation(
                id: "listViews", method: .get, path: "/api/v1/projections", tag: .views,
                summary: "Show how views are doing",
                description: "", role: .admin,
                answer: .init(success: .done, description: "All views.", content: .json(schema: "ViewStatusList"))
            ) { _ in .json(["items": .array(try await projections.list().map(\.json))]) },
            administration(
                "rebuildView", "rebuild", "Build a view anew", schema: "ViewStatus",
                """
                From the definition on disk, beside the view that is served; then both are swapped. Answers when that is done.
                """
            ) { try await projections.rebuild($0).json },
            administration(
                "restoreView", "restore", "Bring the previous generation of a view back", schema: "ViewStatus",
                "It catches up first."
            ) { try await projections.restore($0).json },
            administration(
                "verifyView", "verify", "Compare a view with the log", schema: "Verification",
                "Folds the whole log once more and compares every row."
            ) { try await projections.verify($0).json },
        ]
    }

    private func administration(
        _ id: String, _ verb: String, _ summary: String, schema: String, _ description: String,
        _ work: @escaping @Sendable (String) async throws -> JSONValue
    ) -> Operation {
        Operation(
            id: id, method: .post, path: PathTemplate(stringLiteral: "/api/v1/projections/{view}/\(verb)"), tag: .views,
            summary: summary, description: description, role: .admin, parameters: [Self.view],
            answer: .init(success: .done, description: "How the view is now.", content: .json(schema: schema)),
            problems: [.notFound, .conflict]
        ) { call in .json(try await work(try call.required("view"))) }
    }
}

extension ProjectionStatus {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "view": .string(view), "state": .string(state.rawValue), "digest": .string(digest),
            "definitionChanged": .bool(definitionChanged), "position": .integer(position.rawValue),
            "lag": .integer(lag),
        ]
        members["failure"] = failure.map { .string($0) }
        members["buildingPosition"] = buildingPosition.map { .integer($0.rawValue) }
        return .object(members)
    }
}

extension ProjectionVerification {
    fileprivate var json: JSONValue {
        [
            "view": .string(view), "digest": .string(digest), "position": .integer(position.rawValue),
            "isEqual": .bool(isEqual), "differenceCount": .integer(Int64(differenceCount)),
            "differences": .array(differences.map(\.json)),
        ]
    }
}

extension ProjectionVerification.Difference {
    fileprivate var json: JSONValue {
        // What Postgres made of a row is JSON; if it ever is not, the text itself still tells something.
        let parsed = (try? JSONReader.read(Array(row.utf8))) ?? ["text": .string(row)]
        return ["table": .string(table), "side": .string(side.rawValue), "row": parsed]
    }
}
