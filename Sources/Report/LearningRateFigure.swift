public import Learning
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The curve of a learning-rate finder as an SVG picture: the loss over the rate, on a logarithmic axis.
struct LearningRateFigure {
    let curve: LearningRateCurve

    var svg: String {
        let markup: Markup = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(LineChart.width) \(LineChart.height)" \
            width="\(LineChart.width)" height="\(LineChart.height)" role="img" aria-label="\(summary)">
            <style>\(Palette.variables(for: "svg"))\(Palette.figure)</style>
            <rect class="gf-back" width="100%" height="100%"/>
            \(chart.drawn(at: 0))</svg>

            """
        return markup.text
    }

    private var summary: String {
        "Loss over the learning rate, from \(Self.text(curve.rates.first ?? 0)) to \(Self.text(curve.rates.last ?? 0))"
    }

    private var chart: LineChart {
        let lowest = curve.losses.min() ?? 0
        // What explodes would flatten the rest.
        let highest = max(min(curve.losses.max() ?? 1, 2 * (curve.losses.first ?? 1)), lowest + 1e-6)
        let step = Ticks.step(atLeast: (highest - lowest) / 5)
        let range = (lowest / step).rounded(.down) * step...(highest / step).rounded(.up) * step
        return LineChart(
            title: "Loss over the learning rate", lines: [LineChart.Line(name: "train", values: curve.losses)],
            range: range, label: { NumberText.fixed($0, Ticks.decimals(step: step)) }, tooltip: NumberText.loss,
            kept: nil, marks: marks,
            axis: LineChart.Axis(
                title: "learning rate", ticks: ticks, name: { "rate \(Self.text(curve.rates[$0 - 1]))" }))
    }

    private var marks: [LineChart.Mark] {
        curve.valley.map { [LineChart.Mark(position: position(of: $0), text: "start with \(Self.text($0))")] } ?? []
    }

    /// Powers of ten.
    private var ticks: [(position: Double, label: String)] {
        guard let first = curve.rates.first, let last = curve.rates.last, last > first else { return [] }
        let powers =
            Int(log10(first).rounded(.up))...max(Int(log10(first).rounded(.up)), Int(log10(last).rounded(.down)))
        return powers.map { (position(of: pow(10, Double($0))), "1e\($0)") }
    }

    /// The step, or a place between two steps, with a rate. Rates rise by a factor from step to step.
    private func position(of rate: Double) -> Double {
        guard let first = curve.rates.first, let last = curve.rates.last, last > first else { return 1 }
        return 1 + Double(curve.rates.count - 1) * log(rate / first) / log(last / first)
    }

    /// Two significant digits: "0.0012", "1.2e-05".
    static func text(_ rate: Double) -> String {
        guard rate > 0, rate.isFinite else { return "\(rate)" }
        let exponent = floor(log10(rate))
        let digits = (rate / pow(10, exponent) * 10).rounded() / 10
        if exponent >= -4, exponent < 3 {
            return NumberText.short(Double("\(digits)e\(Int(exponent))") ?? rate, decimals: 6)
        }
        return "\(NumberText.short(digits))e\(Int(exponent))"
    }
}

extension LearningRateCurve {
    /// The curve, the suggestion marked: a file for light and dark surroundings.
    public var svg: String { LearningRateFigure(curve: self).svg }
}
