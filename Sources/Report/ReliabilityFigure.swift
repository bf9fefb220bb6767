import Insight
import Zoo

/// How often answers are right by how sure the model was: one bar a bin, the honest line across, counts below.
struct ReliabilityFigure {
    let title: String
    let reliability: Reliability

    private static let width = 440.0
    private static let height = 340.0
    private static let plot = (left: 52.0, right: 416.0, top: 46.0, bottom: 276.0)

    private func x(_ share: Double) -> Double { Self.plot.left + (Self.plot.right - Self.plot.left) * share }
    private func y(_ share: Double) -> Double { Self.plot.bottom - (Self.plot.bottom - Self.plot.top) * share }

    var markup: Markup {
        var bars: Markup = ""
        for bin in reliability.bins where bin.count > 0 {
            let share = Double(bin.correct) / Double(bin.count)
            let (left, width) = (x(bin.lower) + 1, x(bin.upper) - x(bin.lower) - 2)
            bars += """
                <rect x="\(left)" y="\(y(share))" width="\(width)" height="\(y(0) - y(share))" fill="var(--accent)" \
                opacity=".55"><title>\(bin.correct) of \(bin.count) right, sure to \(NumberText.percent(bin.confidence)) on \
                average</title></rect><line class="gf-line gf-train" x1="\(left)" x2="\(left + width)" \
                y1="\(y(bin.confidence))" y2="\(y(bin.confidence))"/><text class="gf-label gf-mid" \
                x="\(left + width / 2)" y="\(Self.plot.bottom + 34)">\(bin.count)</text>
                """
        }
        var grid: Markup = ""
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            let label = "\(NumberText.fixed(tick * 100, 0)) %"
            // The last one ends where the axis does.
            let place: Markup = tick == 1 ? "gf-end" : "gf-mid"
            grid += """
                <line class="gf-grid" x1="\(x(0))" x2="\(x(1))" y1="\(y(tick))" y2="\(y(tick))"/>\
                <text class="gf-label gf-end" x="\(x(0) - 8)" y="\(y(tick) + 4)">\(label)</text>\
                <text class="gf-label \(place)" x="\(x(tick))" y="\(Self.plot.bottom + 17)">\(label)</text>
                """
        }
        let summary = "\(title): error \(NumberText.percent(reliability.error))"
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(summary)">\
            <text class="gf-title" x="\(Self.plot.left)" y="28">\(summary)</text>\(grid)\(bars)\
            <line class="gf-kept" x1="\(x(0))" y1="\(y(0))" x2="\(x(1))" y2="\(y(1))"/>\
            <text class="gf-label gf-mid" x="\((x(0) + x(1)) / 2)" y="\(Self.height - 8)">how sure; below it, answers</text>\
            </svg>

            """
    }
}
