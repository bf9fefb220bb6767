package import Learning
package import Zoo

/// The course of training as an SVG picture: loss and accuracy side by side, training and test images.
///
/// Own code in place of a plotting library: two line charts are little, and a dependency would be a lot.
package struct CurvesFigure {
    private let panels: [LineChart]
    private let summary: String

    /// - Parameters:
    ///   - keptEpoch: the epoch whose weights the model has; nil where there is none to mark.
    ///   - outline: says in which phases more is trained than before.
    package init(epochs: [EpochRecord], keptEpoch: Int?, outline: TrainingOutline? = nil) {
        let marks = Self.phases(epochs, outline)
        func lines(_ train: (EpochRecord) -> Double, _ test: (EpochRecord) -> Double?) -> [LineChart.Line] {
            let tested = epochs.compactMap(test)
            return [LineChart.Line(name: "train", values: epochs.map(train))]
                + (tested.count == epochs.count && !tested.isEmpty
                    ? [LineChart.Line(name: "test", values: tested)] : [])
        }
        let losses = lines({ $0.trainLoss }, { $0.testLoss })
        let hasCounts = epochs.allSatisfy { $0.trainCorrect != nil }
        let accuracies = lines(
            { Double($0.trainCorrect ?? 0) / Double(max(1, $0.trainTotal)) },
            { record in
                guard let correct = record.testCorrect, let total = record.testTotal, total > 0 else { return nil }
                return Double(correct) / Double(total)
            })
        let highest = losses.flatMap(\.values).filter(\.isFinite).max() ?? 1
        let lossStep = Ticks.step(atLeast: max(highest, 1e-6) / 5)
        let lossTop = max(highest * 1.02, lossStep)
        let lowest = accuracies.flatMap(\.values).min() ?? 0
        let floor = max(0, min(0.8, (lowest * 10 - 0.2).rounded(.down) / 10))
        let loss = LineChart(
            title: "Loss", lines: losses, range: 0...((lossTop / lossStep).rounded(.up) * lossStep),
            label: { NumberText.fixed($0, Ticks.decimals(step: lossStep)) }, tooltip: NumberText.loss,
            kept: keptEpoch, marks: marks)
        let accuracy = LineChart(
            title: "Accuracy", lines: accuracies, range: floor...1, label: { "\(NumberText.fixed($0 * 100, 0)) %" },
            tooltip: { NumberText.percent($0) }, kept: keptEpoch, marks: marks)
        panels = hasCounts ? [loss, accuracy] : [loss]
        summary =
            epochs.last.map { last in
                "Loss and accuracy over \(last.epoch) epochs; training loss \(NumberText.loss(last.trainLoss)) at the end."
            } ?? "No epochs."
    }

    /// How an option was chosen: loss and accuracy of pictures that were left out, over its values.
    package init(choice: OptionChoice) {
        let trials = choice.trials
        let kept = trials.firstIndex { $0.value == choice.chosen }
        let step = max(1, (trials.count + 7) / 8)
        let axis = LineChart.Axis(
            title: choice.option,
            ticks: trials.indices.filter { $0 % step == 0 }.map {
                (Double($0 + 1), NumberText.short(Double(NumberText.figure(trials[$0].value)) ?? trials[$0].value))
            },
            name: { "\(choice.option) \(NumberText.figure(trials[$0 - 1].value))" })
        let marks = (kept.map { [LineChart.Mark(position: Double($0 + 1), text: "chosen")] }) ?? []
        func chart(_ title: String, _ values: [Double], accuracy: Bool) -> LineChart {
            let (low, high) = (values.min() ?? 0, values.max() ?? 1)
            let unit = Ticks.step(atLeast: max(high / 5, 1e-6))
            let top = (high / unit).rounded(.up) * unit
            let floor = accuracy ? max(0, min(0.8, (low * 10 - 0.2).rounded(.down) / 10)) : 0
            let range = floor...(accuracy ? 1 : max(top, unit))
            return LineChart(
                title: title, lines: [LineChart.Line(name: "left out", values: values, style: "test")], range: range,
                label: {
                    accuracy ? "\(NumberText.fixed($0 * 100, 0)) %" : NumberText.fixed($0, Ticks.decimals(step: unit))
                },
                tooltip: { accuracy ? NumberText.percent($0) : NumberText.loss($0) }, kept: nil, marks: marks,
                axis: axis)
        }
        var panels = [chart("Loss", trials.map(\.loss), accuracy: false)]
        let counts = trials.compactMap(\.correct)
        if counts.count == trials.count, choice.pictures > 0 {
            panels.append(chart("Accuracy", counts.map { Double($0) / Double(choice.pictures) }, accuracy: true))
        }
        self.panels = panels
        summary = "The \(choice.summary)."
    }

    /// A line before every phase but the first.
    private static func phases(_ epochs: [EpochRecord], _ outline: TrainingOutline?) -> [LineChart.Mark] {
        zip(epochs, epochs.dropFirst()).compactMap { before, after in
            guard let old = before.phase, let new = after.phase, old != new else { return nil }
            let counts = outline?.phases.map(\.trainedParameters) ?? []
            let isWider = counts.indices.contains(new - 1) && counts[new - 1] > counts[old - 1]
            return LineChart.Mark(
                position: Double(before.epoch + after.epoch) / 2, text: "phase \(new)\(isWider ? ": unfrozen" : "")",
                row: 1)
        }
    }

    /// A file of its own, for light and dark surroundings.
    package var svg: String {
        let figure = panels.enumerated().map { $1.drawn(at: Double($0) * LineChart.width) }
        let width = LineChart.width * Double(panels.count)
        let markup: Markup = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(LineChart.height)" width="\(width)" \
            height="\(LineChart.height)" role="img" aria-label="\(summary)">
            <style>\(Palette.variables(for: "svg"))\(Palette.figure)</style>
            <rect class="gf-back" width="100%" height="100%"/>
            \(figure)</svg>

            """
        return markup.text
    }

    /// The panels as separate pictures for a page whose style sheet has `Palette`: they wrap on a narrow screen.
    package var inlineText: String { inline.text }

    var inline: Markup {
        let pictures: [Markup] = panels.map { panel in
            """
            <svg viewBox="0 0 \(LineChart.width) \(LineChart.height)" role="img" aria-label="\(panel.title). \(summary)">\
            \(panel.drawn(at: 0))</svg>

            """
        }
        return "<div class=\"curves\">\(pictures)</div>"
    }
}
