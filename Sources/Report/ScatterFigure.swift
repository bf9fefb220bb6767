import Zoo

/// What is true against what is answered, a dot a picture: right answers lie on the diagonal.
package struct ScatterFigure: Sendable {
    /// The answers of one value.
    package struct Pairs: Sendable {
        let name: String
        let points: [(truth: Double, answer: Double)]

        package init(name: String, points: [(truth: Double, answer: Double)]) {
            self.name = name
            self.points = points
        }
    }

    private let pairs: Pairs
    private let range: ClosedRange<Double>

    private static let width = 440.0
    private static let height = 440.0
    private static let plot = (left: 66.0, right: 424.0, top: 46.0, bottom: 392.0)
    /// More dots than these would make the page heavy and show no more.
    private static let mostPoints = 3000

    package init(_ pairs: Pairs) {
        self.pairs = pairs
        let all = pairs.points.flatMap { [$0.truth, $0.answer] }
        let (low, high) = (all.min() ?? 0, all.max() ?? 1)
        let margin = max((high - low) * 0.04, abs(high) * 1e-6 + 1e-9)
        range = low - margin...high + margin
    }

    private func place(_ value: Double, _ from: Double, _ to: Double) -> Double {
        from + (to - from) * (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }
    private func x(_ value: Double) -> Double { place(value, Self.plot.left, Self.plot.right) }
    private func y(_ value: Double) -> Double { place(value, Self.plot.bottom, Self.plot.top) }

    var markup: Markup {
        let ticks = Ticks.values(in: range, count: 5)
        let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
        let grid: [Markup] = ticks.map { tick in
            let label = NumberText.fixed(tick, Ticks.decimals(step: step))
            return """
                <line class="gf-grid" x1="\(x(range.lowerBound))" x2="\(x(range.upperBound))" y1="\(y(tick))" \
                y2="\(y(tick))"/><line class="gf-grid" y1="\(y(range.lowerBound))" y2="\(y(range.upperBound))" \
                x1="\(x(tick))" x2="\(x(tick))"/><text class="gf-label gf-end" x="\(x(range.lowerBound) - 8)" \
                y="\(y(tick) + 4)">\(label)</text><text class="gf-label gf-mid" x="\(x(tick))" \
                y="\(Self.plot.bottom + 18)">\(label)</text>
                """
        }
        let stride = max(1, (pairs.points.count + Self.mostPoints - 1) / Self.mostPoints)
        let dots: [Markup] = pairs.points.enumerated().filter { $0.offset % stride == 0 }.map { _, point in
            """
            <circle cx="\(x(point.truth))" cy="\(y(point.answer))" r="3" fill="var(--accent)" opacity=".6"><title>is \
            \(NumberText.figure(point.truth)), says \(NumberText.figure(point.answer))</title></circle>
            """
        }
        let summary = "\(pairs.name): true and answered values of \(NumberText.counted(pairs.points.count, "picture"))"
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(summary)">\
            <text class="gf-title" x="\(Self.plot.left)" y="28"><tspan>\(pairs.name)</tspan></text>\(grid)\
            <line class="gf-kept" x1="\(x(range.lowerBound))" y1="\(y(range.lowerBound))" \
            x2="\(x(range.upperBound))" y2="\(y(range.upperBound))"/>\(dots)\
            <text class="gf-label gf-mid" x="\((Self.plot.left + Self.plot.right) / 2)" y="\(Self.height - 10)">true, \
            to the right; answered, upwards</text></svg>

            """
    }
}
