package import Insight
import Objectives
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The page of `graft curve --html`: the error by the number of training pictures.
package struct CurvePage {
    private let found: CurveReport
    private let folder: String

    package init(_ found: CurveReport, folder: String) {
        self.found = found
        self.folder = folder
    }

    package var html: String {
        let body: Markup = """
            <header>
            <p class="kicker">Graft · learning curve</p>
            <h1>Would more pictures help?</h1>
            <p class="lead">In <bdi>\(folder.shown)</bdi>.</p></header>
            \(CurveSection(found).markup)\
            <footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "Learning curve of \(folder.shown)", body: body).html
    }
}

/// The error by the number of training pictures: what was measured, and what is to be expected of more.
struct CurveSection: Sendable {
    private let found: CurveReport

    init(_ found: CurveReport) { self.found = found }

    var markup: Markup {
        let rows: [Markup] =
            found.curve.points.map { point in
                let interval = WilsonInterval(correct: point.wrong, total: point.tested)
                return """
                    <tr><td class="n">\(point.pictures)</td><td class="n">\(NumberText.percent(point.error))</td>\
                    <td class="n">\(NumberText.percent(interval.lower)) to \(NumberText.percent(interval.upper))</td>\
                    <td>\(point.wrong) of \(point.tested) wrong, in \(point.errors.count) draws</td></tr>

                    """
            }
            + found.predictions.map { prediction in
                """
                <tr><td class="n">\(prediction.pictures)</td><td class="n">\(NumberText.percent(prediction.error))</td>\
                <td class="n">\(NumberText.percent(prediction.lower)) to \(NumberText.percent(prediction.upper))</td>\
                <td>expected</td></tr>

                """
            }
        let table: Markup = """
            <div class="card wide"><table class="plain"><tr><th class="n">training pictures</th><th class="n">error</th>\
            <th class="n">interval</th><th></th></tr>\(rows)</table></div>
            <p class="note">Intervals of what was measured are of 95 %, of what is expected the middle 90 % of redrawn curves.</p>

            """
        return Page.section(
            "With more pictures", "\(found.verdict)",
            """
            <div class="curves">\(figure)</div><p class="note">Each dot: a head trained on that many pictures and tested on others. \
            Circles with bars: expected.</p>
            """) + Page.section("The figures", nil, table)
    }

    private static let size = (width: 640.0, height: 340.0)
    private static let plot = (left: 58.0, right: 622.0, top: 24.0, bottom: 290.0)

    /// Both axes are logarithmic in the number of pictures only: errors of 0 must be shown.
    private var figure: Markup {
        let points = found.curve.points
        let counts = points.map { Double($0.pictures) } + found.predictions.map { Double($0.pictures) }
        let top = max(0.02, (points.flatMap(\.errors) + found.predictions.map(\.upper)).max() ?? 1) * 1.05
        guard let least = counts.min(), let most = counts.max(), least < most else { return "" }
        func steps(_ count: Double) -> Double { log2(count / least) / log2(most / least) }
        func x(_ count: Double) -> Double { Self.plot.left + (Self.plot.right - Self.plot.left) * steps(count) }
        func y(_ error: Double) -> Double { Self.plot.bottom - (Self.plot.bottom - Self.plot.top) * error / top }
        var drawn: Markup = ""
        let step = Ticks.step(atLeast: top / 5)
        for tick in Ticks.values(in: 0...top, count: 5) {
            drawn += """
                <line class="gf-grid" x1="\(Self.plot.left)" x2="\(Self.plot.right)" y1="\(y(tick))" y2="\(y(tick))"/>\
                <text class="gf-label gf-end" x="\(Self.plot.left - 8)" y="\(y(tick) + 4)">\
                \(NumberText.fixed(tick * 100, Ticks.decimals(step: step * 100))) %</text>
                """
        }
        var last = -Double.infinity
        for count in counts where x(count) - last > 30 || count == most {
            last = x(count)
            drawn +=
                "<text class=\"gf-label gf-mid\" x=\"\(x(count))\" y=\"\(Self.plot.bottom + 18)\">\(Int(count))</text>"
        }
        let curve = (0...60).map { index -> String in
            let count = least * exp2(log2(most / least) * Double(index) / 60)
            return "\(NumberText.short(x(count))),\(NumberText.short(y(found.law.error(at: count))))"
        }
        drawn += "<polyline class=\"gf-line gf-test\" points=\"\(curve.joined(separator: " "))\"/>"
        for point in points {
            for error in point.errors {
                drawn +=
                    "<circle cx=\"\(x(Double(point.pictures)))\" cy=\"\(y(error))\" r=\"3\" fill=\"var(--second)\" opacity=\".6\"/>"
            }
        }
        for prediction in found.predictions {
            let place = x(Double(prediction.pictures))
            drawn += """
                <line class="gf-line gf-test" x1="\(place)" x2="\(place)" y1="\(y(prediction.lower))" \
                y2="\(y(prediction.upper))"/><circle class="gf-dot gf-test" cx="\(place)" cy="\(y(prediction.error))" r="5"/>
                """
        }
        return """
            <svg viewBox="0 0 \(Self.size.width) \(Self.size.height)" role="img" aria-label="\(found.verdict)">\(drawn)\
            <text class="gf-label gf-mid" x="\(Self.size.width / 2)" y="\(Self.size.height - 8)">training pictures</text></svg>
            """
    }
}
