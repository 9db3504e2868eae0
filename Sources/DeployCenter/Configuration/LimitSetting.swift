import ProcessManagers

/// Reads limits of outside systems, such as `aws_route53.per-second=5,argocd.at-once=10`: what is not named is as usual.
enum LimitSetting {
    static let keys = ["per-second", "burst", "at-once", "at-once-in-all"]

    /// Nil if the text is not of this form.
    static func parse(_ text: String) -> [OutsideSystem: SystemLimits]? {
        if text == "none" { return [:] }
        var limits = SystemLimits.standard
        for item in text.split(separator: ",") {
            guard let match = item.wholeMatch(of: /\s*([a-z0-9_]+)\.([a-z-]+)=([0-9]+(?:\.[0-9]+)?)\s*/),
                let system = OutsideSystem(rawValue: String(match.1)), let number = Double(match.3), number <= 1e6
            else { return nil }
            let old = limits[system] ?? .none
            let whole = Int(number)
            switch match.2 {
            case "per-second": limits[system] = old.with(perSecond: number)
            case "burst": limits[system] = old.with(burst: whole)
            case "at-once": limits[system] = old.with(atOnce: whole)
            case "at-once-in-all": limits[system] = old.with(atOnceInAll: whole)
            default: return nil
            }
        }
        // A bucket that holds less than one would let nothing pass.
        return limits.values.allSatisfy { $0.perSecond == 0 || $0.burst >= 1 } ? limits : nil
    }
}

extension SystemLimits {
    fileprivate func with(
        perSecond: Double? = nil, burst: Int? = nil, atOnce: Int? = nil, atOnceInAll: Int? = nil
    ) -> SystemLimits {
        SystemLimits(
            perSecond: perSecond ?? self.perSecond, burst: burst ?? self.burst, atOnce: atOnce ?? self.atOnce,
            atOnceInAll: atOnceInAll ?? self.atOnceInAll)
    }
}
