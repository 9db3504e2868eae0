import EventSourcing
import Stencil

/// The variables that expressions can see, and the filters that they can use.
struct Scope {
    private let context: Context

    /// Null members are left out: to Stencil they are variables without a value.
    init(_ variables: [String: JSONValue]) {
        context = Context(
            dictionary: variables.compactMapValues(Self.native),
            environment: Stencil.Environment(extensions: [Self.filters]))
    }

    func run(_ body: (Context) throws -> Any?) throws(ExpressionError) -> ManifestValue? {
        do {
            guard let value = try body(context) else { return nil }
            return try Self.value(value)
        } catch let error as ExpressionError {
            throw error
        } catch let error as TemplateSyntaxError {
            throw ExpressionError(error.reason)
        } catch {
            throw ExpressionError("The expression cannot be evaluated.")
        }
    }

    private static func native(_ json: JSONValue) -> Any? {
        switch json {
        case .null: nil
        case .bool(let value): value
        case .integer(let value): Int(value)
        case .number(let value): value
        case .string(let value): value
        case .array(let elements): elements.compactMap(native)
        case .object(let members): members.compactMapValues(native)
        }
    }

    /// Maps come back sorted by key: a Swift dictionary has another order in every process.
    private static func value(_ native: Any) throws(ExpressionError) -> ManifestValue {
        switch native {
        case let value as Bool: return .bool(value)
        case let value as Int: return .integer(Int64(value))
        case let value as Double: return .number(value)
        case let value as String: return .string(value)
        case let value as [Any]:
            var elements: [ManifestValue] = []
            for element in value { elements.append(try Self.value(element)) }
            return .list(elements)
        case let value as [String: Any]:
            var members: [ManifestValue.Member] = []
            for (key, element) in value.sorted(by: { $0.key < $1.key }) {
                members.append(.init(key: key, value: try Self.value(element)))
            }
            return .map(members)
        default: throw ExpressionError("The expression has no value that YAML knows.")
        }
    }

    private static var filters: Extension {
        let filters = Extension()
        filters.registerFilter("plus") { value, arguments in
            try arithmetic(value, arguments) { $0.addingReportingOverflow($1) }
        }
        filters.registerFilter("times") { value, arguments in
            try arithmetic(value, arguments) { $0.multipliedReportingOverflow(by: $1) }
        }
        // Stencil's own make "" of a value that is missing.
        filters.registerFilter("lowercase") { value in (value as? String)?.lowercased() }
        filters.registerFilter("uppercase") { value in (value as? String)?.uppercased() }
        // For numbers that Kubernetes wants as texts, such as annotations.
        filters.registerFilter("text") { value in
            switch value {
            case let value as Int: "\(value)"
            case let value as Bool: "\(value)"
            case let value as String: value
            case nil: nil
            default: throw ExpressionError("`text` needs a whole number, true or false, or a text.")
            }
        }
        // For templates that are filled in later, on the cluster: External Secrets uses Go's `{{ .name }}`.
        filters.registerFilter("goTemplate") { value in
            guard let value = value as? String else { return nil }
            return "{{ \(value) }}"
        }
        return filters
    }

    private static func arithmetic(
        _ value: Any?, _ arguments: [Any?], _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws -> Any? {
        guard arguments.count == 1, let left = value as? Int, let right = arguments[0] as? Int else {
            throw ExpressionError("`plus` and `times` need whole numbers, as in `a|times:2`.")
        }
        let (result, overflow) = operation(left, right)
        if overflow { throw ExpressionError("The result of the calculation is too large.") }
        return result
    }
}
