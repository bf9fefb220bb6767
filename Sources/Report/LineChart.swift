import Zoo

/// One panel of lines over epochs or other steps, drawn as an SVG group.
struct LineChart {
    struct Line {
        /// In the legend.
        let name: String
        /// One value an epoch, from epoch 1.
        let values: [Double]
        /// Whose colours it has: `train` or `test`; nil for those of its name.
        var style: String?

        var cssClass: String { "gf-\(style ?? name)" }
    }

    /// What the steps are.
    struct Axis {
        var title = "epoch"
        /// Places with a label; nil for the numbers of the steps.
        var ticks: [(position: Double, label: String)]?
        /// What a point's step is called.
        var name: (Int) -> String = { "epoch \($0)" }
    }

    /// A line across the panel.
    struct Mark {
        /// A step, or something between two.
        let position: Double
        let text: String
        /// 0 for the line of text next to the plot, 1 for the one above.
        var row = 0
    }

    let title: String
    let lines: [Line]
    /// What the vertical axis spans.
    let range: ClosedRange<Double>
    let label: (Double) -> String
    let tooltip: (Double) -> String
    /// The epoch whose weights were kept.
    let kept: Int?
    var marks: [Mark] = []
    var axis = Axis()

    static let width = 440.0
    static let height = 300.0
    private static let plot = (left: 52.0, right: 424.0, top: 66.0, bottom: 258.0)
    /// More points than this are thinned: the eye sees no more on a line this wide.
    private static let pointLimit = 400

    private var epochs: Int { lines.map(\.values.count).max() ?? 0 }

    private func x(_ epoch: Int) -> Double { x(Double(epoch)) }

    private func x(_ epoch: Double) -> Double {
        let plot = Self.plot
        guard epochs > 1 else { return (plot.left + plot.right) / 2 }
        let inset = 10.0
        return plot.left + inset
            + (plot.right - plot.left - 2 * inset) * (epoch - 1) / Double(epochs - 1)
    }

    private func y(_ value: Double) -> Double {
        let plot = Self.plot
        let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return plot.bottom - (plot.bottom - plot.top) * min(1, max(0, share))
    }

    /// The panel at a horizontal offset.
    func drawn(at offset: Double) -> Markup {
        "<g transform=\"translate(\(offset) 0)\">\(heading)\(grid)\(allMarks.map(draw))\(lines.map(draw))</g>\n"
    }

    private var heading: Markup {
        var legend: Markup = ""
        var right = Self.plot.right
        for line in lines.reversed() {
            let width = Double(line.name.count) * 7 + 26
            right -= width
            legend += """
                <line class="gf-line \(line.cssClass)" x1="\(right)" y1="24" x2="\(right + 16)" y2="24"/>\
                <text class="gf-label" x="\(right + 21)" y="28">\(line.name)</text>
                """
        }
        return "<text class=\"gf-title\" x=\"\(Self.plot.left)\" y=\"29\">\(title)</text>\(legend)"
    }

    private var grid: Markup {
        let plot = Self.plot
        var result: Markup = ""
        for tick in Ticks.values(in: range, count: 5) {
            result += """
                <line class="gf-grid" x1="\(plot.left)" y1="\(y(tick))" x2="\(plot.right)" y2="\(y(tick))"/>\
                <text class="gf-label gf-end" x="\(plot.left - 8)" y="\(y(tick) + 4)">\(label(tick))</text>
                """
        }
        let ticks = axis.ticks ?? Ticks.epochs(epochs, count: 8).map { (Double($0), "\($0)") }
        for tick in ticks where epochs > 0 {
            result += """
                <text class="gf-label gf-mid" x="\(x(tick.position))" y="\(plot.bottom + 18)">\(tick.label)</text>
                """
        }
        return """
            \(result)<line class="gf-axis" x1="\(plot.left)" y1="\(plot.bottom)" x2="\(plot.right)" y2="\(plot.bottom)"/>\
            <text class="gf-label gf-mid" x="\((plot.left + plot.right) / 2)" y="\(plot.bottom + 36)">\(axis.title)</text>
            """
    }

    private var allMarks: [Mark] {
        guard let kept, (1...max(1, epochs)).contains(kept), epochs > 1 else { return marks }
        return marks + [Mark(position: Double(kept), text: "kept: epoch \(kept)")]
    }

    private func draw(_ mark: Mark) -> Markup {
        let at = x(mark.position)
        let anchor = at > (Self.plot.left + Self.plot.right) / 2 ? "gf-end" : ""
        let text = at + (anchor.isEmpty ? -4 : 4)
        let rise = Double(mark.row) * 14
        return """
            <line class="gf-kept" x1="\(at)" y1="\(Self.plot.top - 6 - rise)" x2="\(at)" y2="\(Self.plot.bottom)"/>\
            <text class="gf-label \(anchor)" x="\(text)" y="\(Self.plot.top - 10 - rise)">\(mark.text)</text>
            """
    }

    private func draw(_ line: Line) -> Markup {
        let step = max(1, (line.values.count + Self.pointLimit - 1) / Self.pointLimit)
        let indices = line.values.indices.filter { $0 % step == 0 || $0 == line.values.count - 1 || $0 + 1 == kept }
        let path = indices.map { "\(NumberText.short(x($0 + 1))),\(NumberText.short(y(line.values[$0])))" }
        var result: Markup =
            "<polyline class=\"gf-line \(line.cssClass)\" points=\"\(path.joined(separator: " "))\"/>"
        let dotted = indices.count <= 40
        for index in indices where dotted || index + 1 == kept {
            let isKept = index + 1 == kept
            result += """
                <circle class="gf-dot \(line.cssClass)" cx="\(x(index + 1))" cy="\(y(line.values[index]))" \
                r="\(isKept ? 5.0 : 2.5)"><title>\(axis.name(index + 1)), \(line.name): \(tooltip(line.values[index]))</title>\
                </circle>
                """
        }
        return result
    }
}
