/// The parsed files of a template: what is always there, and what is laid over it.
struct Layers: Sendable {
    var base = Layer()
    /// By environment or size.
    var overlays: [String: Layer] = [:]

    /// Manifests and chart values of one folder.
    struct Layer: Sendable {
        var documents: [SourceNode] = []
        var chartValues: SourceNode?
    }

    static let environments = ["development", "staging", "production"]
    static let sizes = ["small", "medium", "large"]

    /// Environment first, size second: a size may correct what is generous in production.
    func merged(environment: String, size: String) -> Layer {
        [environment, size].compactMap { overlays[$0] }.reduce(into: base) { result, overlay in
            result.documents = Overlay.merge(overlay.documents, into: result.documents)
            guard let values = overlay.chartValues else { return }
            result.chartValues = result.chartValues.map { Overlay.merge(values, into: $0) } ?? values
        }
    }

    var all: [(folder: String, layer: Layer)] {
        [("base", base)] + overlays.sorted { $0.key < $1.key }.map { ("overlays/\($0.key)", $0.value) }
    }
}

/// Where a file of a template belongs.
enum TemplatePath: Equatable {
    case definition
    case base(isValues: Bool)
    case overlay(String, isValues: Bool)
    /// Beside the template: read by people or tests.
    case ignored

    init(_ path: String) throws(ExpressionError) {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard steps.allSatisfy(Self.isSafe) else {
            throw ExpressionError("The path is not a safe relative path: use letters, digits, `.`, `-` and `_`.")
        }
        let isValues = steps.last == "values.yaml"
        switch (steps.count, steps[0]) {
        case (1, "template.yaml"): self = .definition
        case (1, "README.md"), (2..., "cases"): self = .ignored
        case (2, "base") where path.hasSuffix(".yaml"): self = .base(isValues: isValues)
        case (3, "overlays") where path.hasSuffix(".yaml"):
            guard (Layers.environments + Layers.sizes).contains(steps[1]) else {
                let known = (Layers.environments + Layers.sizes).joined(separator: ", ")
                throw ExpressionError("There is no environment or size `\(steps[1])`; known are \(known).")
            }
            self = .overlay(steps[1], isValues: isValues)
        default:
            throw ExpressionError(
                "It has no place here: use template.yaml, README.md, base/<name>.yaml, overlays/<environment or size>/<name>.yaml."
            )
        }
    }

    private static func isSafe(_ step: String) -> Bool {
        !step.isEmpty && step.utf8.first != UInt8(ascii: ".")
            && step.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
            }
    }
}
