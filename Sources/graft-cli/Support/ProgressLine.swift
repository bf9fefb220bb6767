/// One line on a terminal that shows how far a long work is, its rate and the time left. Silent where standard error is
/// not a terminal.
///
/// `update` may be called from any thread.
final class ProgressLine: Sendable {
    private struct State {
        var lastDrawn: ContinuousClock.Instant?
        var drawn = false
    }

    private let title: String
    private let unit: String
    /// What was done before, which took no time.
    private let before: Int
    private let start = ContinuousClock.now
    private let state = Locked(State())

    /// - Parameters:
    ///   - title: what is being done: "features".
    ///   - unit: what is counted: "pictures"; "bytes" are shown as MB.
    ///   - before: how much was done before.
    init(_ title: String, unit: String, from before: Int = 0) {
        self.title = title
        self.unit = unit
        self.before = before
    }

    func update(done: Int, total: Int?) {
        guard Terminal.errorIsTerminal else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            if let last = state.lastDrawn, now - last < .milliseconds(100), done != total { return }
            state.lastDrawn = now
            state.drawn = true
            Terminal.writeError("\r\u{1B}[K" + line(done: done, total: total, seconds: (now - start).seconds))
        }
    }

    /// Wipes the line.
    func finish() {
        state.withLock { state in
            if state.drawn { Terminal.writeError("\r\u{1B}[K") }
            state.drawn = false
        }
    }

    private func line(done: Int, total: Int?, seconds: Double) -> String {
        let rate = seconds > 0 ? Double(done - before) / seconds : 0
        var text = "\(title) "
        if let total, total > 0 {
            let width = min(30, max(8, Terminal.columns - 60))
            let filled = min(width, done * width / total)
            text += "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled) + "] "
            text += "\(amount(done)) of \(amount(total))"
        } else {
            text += amount(done)
        }
        text += unit == "bytes" ? "" : " \(unit)"
        text += ", \(unit == "bytes" ? "\(decimals(rate / 1e6, 1)) MB/s" : "\(decimals(rate, 1))/s")"
        if let total, rate > 0, total > done { text += ", \(duration(Double(total - done) / rate)) left" }
        return String(text.prefix(max(20, Terminal.columns - 1)))
    }

    private func amount(_ count: Int) -> String {
        unit == "bytes" ? "\(decimals(Double(count) / 1e6, 1)) MB" : "\(count)"
    }
}

/// "4 s", "2 min 05 s", "1 h 02 min".
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "unknown time" }
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
    if minutes < 60 { return "\(minutes) min \(rest < 10 ? "0" : "")\(rest) s" }
    return "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// `value` with `count` digits after the point.
func decimals(_ value: Double, _ count: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let scaled = Int((abs(value) * scale).rounded())
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    let digits = String(fraction)
    let sign = value < 0 && scaled != 0 ? "-" : ""
    return count == 0
        ? "\(sign)\(whole)" : "\(sign)\(whole).\(String(repeating: "0", count: count - digits.count))\(digits)"
}

/// `value` in two digits and a power of ten: 1.2e-05.
func scientific(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var exponent = 0
    var digits = abs(value)
    while digits >= 9.95 {
        digits /= 10
        exponent += 1
    }
    while digits < 0.995 {
        digits *= 10
        exponent -= 1
    }
    let power = String(abs(exponent))
    let padded = power.count < 2 ? "0" + power : power
    return "\(value < 0 ? "-" : "")\(decimals(digits, 1))e\(exponent < 0 ? "-" : "+")\(padded)"
}
