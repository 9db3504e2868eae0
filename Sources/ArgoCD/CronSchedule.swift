package import EventSourcing
import FoundationEssentials

/// Times by cron's five fields, as Argo CD's windows have them (robfig/cron v3, its standard parser).
package struct CronSchedule: Sendable {
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    /// 0 is Sunday.
    private let weekdays: Set<Int>
    /// Where both days of the month and of the week are named, either will do; a field that begins with a star names none.
    private let namesBothDays: Bool
    private let calendar: Calendar

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Nil for what is not of this form, and for time zones that this system does not know. No time zone is UTC.
    package init?(_ text: String, timeZone: String = "") {
        let fields = text.lowercased().split(separator: " ").map(String.init)
        guard fields.count == 5, let zone = timeZone.isEmpty ? .gmt : TimeZone(identifier: timeZone),
            let minutes = Self.values(fields[0], 0...59), let hours = Self.values(fields[1], 0...23),
            let days = Self.values(fields[2], 1...31),
            let months = Self.values(fields[3], 1...12, names: Self.monthNames, from: 1),
            let weekdays = Self.values(fields[4], 0...6, names: Self.weekdayNames, from: 0)
        else { return nil }
        (self.minutes, self.hours, self.days, self.months, self.weekdays) = (minutes, hours, days, months, weekdays)
        namesBothDays = ![fields[2], fields[4]].contains { $0.hasPrefix("*") || $0.hasPrefix("?") }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// Whether something happens in the minute of this time.
    package func matches(_ time: Timestamp) -> Bool {
        let date = Date(timeIntervalSince1970: Double(time.microseconds / 1_000_000))
        let parts = calendar.dateComponents([.minute, .hour, .day, .month, .weekday], from: date)
        guard let minute = parts.minute, let hour = parts.hour, let day = parts.day, let month = parts.month,
            let weekday = parts.weekday, minutes.contains(minute), hours.contains(hour), months.contains(month)
        else { return false }
        let (isDay, isWeekday) = (days.contains(day), weekdays.contains(weekday - 1))
        return namesBothDays ? isDay || isWeekday : isDay && isWeekday
    }

    /// A list of `*`, `n`, `n-m`, each with `/step`.
    private static func values(
        _ field: String, _ range: ClosedRange<Int>, names: [String] = [], from first: Int = 0
    ) -> Set<Int>? {
        func number(_ text: Substring) -> Int? {
            (Int(text) ?? names.firstIndex(of: String(text)).map { $0 + first }).flatMap {
                range.contains($0) ? $0 : nil
            }
        }
        var found: Set<Int> = []
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let body = parts.first, let step = parts.count == 2 ? Int(parts[1]) : 1, step > 0
            else { return nil }
            let ends = body.split(separator: "-", omittingEmptySubsequences: false)
            if body == "*" || body == "?" {
                found.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
            } else if ends.count <= 2, let low = ends.first.flatMap(number), let high = ends.last.flatMap(number),
                low <= high
            {
                let isOpen = ends.count == 1 && parts.count == 2
                found.formUnion(stride(from: low, through: isOpen ? range.upperBound : high, by: step))
            } else {
                return nil
            }
        }
        return found
    }
}
