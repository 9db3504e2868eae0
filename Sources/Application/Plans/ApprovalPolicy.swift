package import Domain
import EventSourcing

/// Which releases somebody else has to approve.
///
/// Written as rules with commas between, of which one is enough; a rule is conditions with `+` between, which must all hold:
/// `environment=production,template=odoo+environment=staging,tier=gold`.
package struct ApprovalPolicy: Equatable, Sendable {
    package let rules: [Rule]
    /// How long somebody may take to decide.
    package let validSeconds: Int

    package static let none = ApprovalPolicy(rules: [], validSeconds: 0)

    /// Conditions that must all hold.
    package struct Rule: Equatable, Sendable, CustomStringConvertible {
        let conditions: [(subject: Subject, value: String)]

        package var description: String {
            conditions.map { "\($0.subject.rawValue)=\($0.value)" }.joined(separator: "+")
        }

        package static func == (left: Rule, right: Rule) -> Bool { left.description == right.description }
    }

    enum Subject: String, CaseIterable {
        case template, environment, tier
    }

    /// The text is not a policy: the reason says why.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    private init(rules: [Rule], validSeconds: Int) {
        self.rules = rules
        self.validSeconds = validSeconds
    }

    package init(_ text: String, validSeconds: Int) throws(Malformed) {
        var rules: [Rule] = []
        for part in text.split(separator: ",") { rules.append(try Self.rule(part)) }
        self.init(rules: rules, validSeconds: validSeconds)
    }

    private static func rule(_ text: Substring) throws(Malformed) -> Rule {
        var conditions: [(subject: Subject, value: String)] = []
        for part in text.split(separator: "+", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard sides.count == 2, let subject = Subject(rawValue: sides[0]), !sides[1].isEmpty else {
                let known = Subject.allCases.map { "\($0.rawValue)=…" }.joined(separator: ", ")
                throw Malformed(reason: "`\(part.trimmed)` is not one of \(known)")
            }
            if subject == .environment, Environment(rawValue: sides[1]) == nil {
                throw Malformed(reason: "there is no environment \(sides[1])")
            }
            conditions.append((subject, sides[1]))
        }
        return Rule(conditions: conditions)
    }

    /// The first rule that asks for an approval of this release, for a customer of this tier.
    package func rule(for release: Release, tier: String?) -> Rule? {
        rules.first { rule in
            rule.conditions.allSatisfy { condition in
                switch condition.subject {
                case .template: release.template.rawValue == condition.value
                case .environment: release.environment.rawValue == condition.value
                case .tier: tier == condition.value
                }
            }
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
