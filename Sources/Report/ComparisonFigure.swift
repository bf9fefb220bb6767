import Insight
import Learning
import Objectives
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Accuracy against what a picture takes: a dot a model with its interval, a colour a head. Time is on a logarithmic scale.
struct ComparisonFigure {
    private let found: ModelComparison
    private let heads: [String]
    private let times: ClosedRange<Double>
    private let shares: ClosedRange<Double>

    private static let size = (width: 640.0, height: 380.0)
    private static let plot = (left: 58.0, right: 622.0, top: 48.0, bottom: 322.0)
    /// Heads of one backbone take the same time: their dots stand side by side.
    private static let apart = 11.0
    private static let colours = ["var(--accent)", "var(--second)", "var(--wrong)", "var(--muted)"]

    init(_ found: ModelComparison) {
        self.found = found
        var heads: [String] = []
        for candidate in found.candidates where !heads.contains(candidate.head) { heads.append(candidate.head) }
        self.heads = heads
        let all = found.candidates.map(\.milliseconds)
        times = max(1e-3, (all.min() ?? 1) / 1.5)...max(1e-2, (all.max() ?? 1) * 1.5)
        let low = found.candidates.map(\.interval.lower).min() ?? 0
        let high = found.candidates.map(\.interval.upper).max() ?? 1
        shares = max(0, low - 0.02)...min(1, max(high, low + 0.05))
    }

    private func x(_ milliseconds: Double) -> Double {
        let share = log(milliseconds / times.lowerBound) / log(times.upperBound / times.lowerBound)
        return Self.plot.left + (Self.plot.right - Self.plot.left) * share
    }

    private func y(_ accuracy: Double) -> Double {
        let share = (accuracy - shares.lowerBound) / (shares.upperBound - shares.lowerBound)
        return Self.plot.bottom - (Self.plot.bottom - Self.plot.top) * share
    }

    private func colour(_ head: String) -> String {
        Self.colours[(heads.firstIndex(of: head) ?? 0) % Self.colours.count]
    }

    var markup: Markup {
        """
        <svg viewBox="0 0 \(Self.size.width) \(Self.size.height)" role="img" aria-label="\(found.verdict)">\(legend)\
        \(grid)\(names)\(found.candidates.reversed().map(dot))<text class="gf-label gf-mid" \
        x="\((Self.plot.left + Self.plot.right) / 2)" y="\(Self.size.height - 10)">milliseconds a picture; accuracy, \
        upwards</text></svg>

        """
    }

    private var legend: Markup {
        var left = Self.plot.left
        return heads.reduce(into: "" as Markup) { drawn, head in
            drawn += """
                <circle cx="\(left + 5)" cy="20" r="5" fill="\(colour(head))"/><text class="gf-label" x="\(left + 15)" \
                y="24">\(head)</text>
                """
            left += Double(head.count) * 7 + 40
        }
    }

    private var grid: Markup {
        var drawn: Markup = ""
        let ticks = Ticks.values(in: shares, count: 5)
        let step = ticks.count > 1 ? ticks[1] - ticks[0] : 0.1
        for tick in ticks {
            drawn += """
                <line class="gf-grid" x1="\(Self.plot.left)" x2="\(Self.plot.right)" y1="\(y(tick))" y2="\(y(tick))"/>\
                <text class="gf-label gf-end" x="\(Self.plot.left - 8)" y="\(y(tick) + 4)">\
                \(NumberText.fixed(tick * 100, Ticks.decimals(step: step * 100))) %</text>
                """
        }
        for exponent in -3...5 {
            for digit in [1.0, 2, 5] {
                let time = digit * pow(10, Double(exponent))
                guard times.contains(time) else { continue }
                drawn += """
                    <line class="gf-grid" x1="\(x(time))" x2="\(x(time))" y1="\(Self.plot.top)" \
                    y2="\(Self.plot.bottom)"/><text class="gf-label gf-mid" x="\(x(time))" \
                    y="\(Self.plot.bottom + 18)">\(time)</text>
                    """
            }
        }
        return drawn
    }

    /// A backbone's name above its highest interval, on the side where there is room.
    private var names: Markup {
        var seen: Set<String> = []
        return found.candidates.reduce(into: "" as Markup) { drawn, candidate in
            guard seen.insert(candidate.backbone).inserted else { return }
            let own = found.candidates.filter { $0.backbone == candidate.backbone }
            let top = own.map(\.interval.upper).max() ?? 1
            let place = x(candidate.milliseconds)
            let side =
                place < Self.plot.left + 80 ? "" : place > Self.plot.right - 80 ? "gf-end" : "gf-mid"
            drawn += """
                <text class="gf-label \(side)" x="\(place)" y="\(max(Self.plot.top - 6, y(top) - 8))">\
                \(candidate.backbone)</text>
                """
        }
    }

    private func dot(_ candidate: ModelComparison.Candidate) -> Markup {
        let own = heads.filter { head in
            found.candidates.contains { $0.backbone == candidate.backbone && $0.head == head }
        }
        let place = Double(own.firstIndex(of: candidate.head) ?? 0) - Double(own.count - 1) / 2
        let (x, interval) = (x(candidate.milliseconds) + place * Self.apart, candidate.interval)
        let colour = colour(candidate.head)
        return """
            <line x1="\(x)" x2="\(x)" y1="\(y(interval.lower))" y2="\(y(interval.upper))" stroke="\(colour)" \
            stroke-width="2" opacity=".55"/><circle cx="\(x)" cy="\(y(candidate.accuracy))" r="5" fill="\(colour)">\
            <title>\(candidate.backbone), \(candidate.head): \(candidate.correct) of \(candidate.total), \
            \(NumberText.fixed(candidate.milliseconds, 1)) ms, \(NumberText.fixed(candidate.megabytes, 1)) MB</title></circle>
            """
    }
}
