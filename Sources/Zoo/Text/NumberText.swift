/// Numbers as people read them, the same in every locale.
package enum NumberText {
    /// `digits` decimals, rounded half away from zero: `0.905` with 1 is "0.9".
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "-∞" : "∞" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard let whole = Int64(exactly: scaled), let unit = Int64(exactly: scale) else { return "\(value)" }
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % unit)
        return "\(sign)\(whole / unit).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    /// At most so many decimals, without trailing zeros.
    package static func short(_ value: Double, decimals: Int = 3) -> String {
        var text = fixed(value, decimals)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// A share of 0...1 as "90.7 %". Only a whole is "100 %", only nothing is "0 %".
    package static func percent(_ share: Double, digits: Int = 1) -> String {
        if share == 1 { return "100 %" }
        if share == 0 { return "0 %" }
        let text = fixed(share * 100, digits)
        if text == fixed(100, digits), share < 1 { return "> \(fixed(100 - (digits > 0 ? 0.1 : 1), digits)) %" }
        if text == fixed(0, digits), share > 0 { return "< \(digits > 0 ? "0.1" : "1") %" }
        return "\(text) %"
    }

    /// Three significant digits: "1234", "12.3", "0.00123".
    package static func figure(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, 0) }
        var (digits, size) = (2, value.magnitude)
        while size >= 9.995, digits > 0 { (digits, size) = (digits - 1, size / 10) }
        while size < 0.9995, digits < 12 { (digits, size) = (digits + 1, size * 10) }
        return fixed(value, digits)
    }

    /// A loss: three significant digits at least.
    package static func loss(_ value: Double) -> String { fixed(value, value.magnitude < 0.1 ? 4 : 3) }

    /// A span of time: "0.42 s", "12.3 s", "3 min 05 s", "2 h 10 min".
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "unknown" }
        if seconds < 10 { return "\(fixed(seconds, 2)) s" }
        if seconds < 59.95 { return "\(fixed(seconds, 1)) s" }
        let whole = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return whole < 3600
            ? "\(whole / 60) min \(two(whole % 60)) s" : "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
    }

    /// 5288548 as "5,288,548".
    package static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text = "," + text }
            text = String(digit) + text
        }
        return number < 0 ? "-" + text : text
    }

    /// "1 picture", "3 pictures", "2 classes".
    package static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }
}
