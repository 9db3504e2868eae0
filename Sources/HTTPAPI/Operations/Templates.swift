import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    private static let version = "/api/v1/templates/{template}/versions/{version}"

    var templates: [Operation] { templateQueries + templateCommands }

    private var templateQueries: [Operation] {
        [
            .list(
                "listTemplateVersions", "/api/v1/templates", .templates, "List templates with their versions",
                schema: "TemplateVersionPage", parameters: Parameter.filters(of: .templateCatalog)
            ) { try await page(.templateCatalog, $0) },
            .list(
                "listVersionsOfTemplate", "/api/v1/templates/{template}/versions", .templates,
                "List the versions of a template", schema: "TemplateVersionPage",
                parameters: [.template] + Parameter.filters(of: .templateCatalog, except: ["template"])
            ) { call in
                try await page(.templateCatalog, call, fixed: ["template": try call.required("template")])
            },
            .item(
                "getTemplateVersion", PathTemplate(stringLiteral: Self.version), .templates, "Show a version",
                schema: "TemplateVersion", parameters: [.template, .version]
            ) { call in
                let key = "\(try call.required("template"))@\(try call.required("version"))"
                return try await row(.templateCatalog, key: key, call, missing: .missing("template", key))
            },
        ]
    }

    private var templateCommands: [Operation] {
        [
            .command(
                "submitTemplate", .post, "/api/v1/templates", .templates, "Submit a version of a template",
                "Its name and version are those in `template.yaml`. Somebody else has to approve it.", role: .admin,
                body: .init(
                    schema: "TemplateSubmission",
                    example: [
                        "files": ["template.yaml": "name: odoo\nversion: 1.0.0\n", "base/app.yaml": "kind: Service\n"]
                    ],
                    bytesMax: 4 * 1024 * 1024), success: .made
            ) { call in
                let files = (call.body["files"]?.object ?? [:]).compactMapValues(\.string)
                let receipt = try await commands.submitTemplate(files: files, try call.context())
                return .receipt(receipt, .made, at: "/api/v1/templates/\(receipt.stream.id)/versions")
            },
            .command(
                "approveTemplate", .post, PathTemplate(stringLiteral: Self.version + "/approve"), .templates,
                "Approve a version", "Not by who submitted it.", role: .admin, parameters: [.template, .version]
            ) { call in
                .receipt(
                    try await commands.approveTemplate(
                        call.id("template", of: Template.self), version: try call.required("version"),
                        try call.context()))
            },
            .command(
                "rejectTemplate", .post, PathTemplate(stringLiteral: Self.version + "/reject"), .templates,
                "Reject a version", role: .admin, parameters: [.template, .version],
                body: .reason("the container runs as root")
            ) { call in
                .receipt(
                    try await commands.rejectTemplate(
                        call.id("template", of: Template.self), version: try call.required("version"),
                        reason: try call.text("reason"), try call.context()))
            },
            .command(
                "deprecateTemplate", .post, PathTemplate(stringLiteral: Self.version + "/deprecate"), .templates,
                "Deprecate a version", "It may not be deployed any more; what runs on it goes on running.",
                role: .admin, parameters: [.template, .version], body: .reason("use 2.0.0")
            ) { call in
                .receipt(
                    try await commands.deprecateTemplate(
                        call.id("template", of: Template.self), version: try call.required("version"),
                        reason: try call.text("reason"), try call.context()))
            },
        ]
    }
}
