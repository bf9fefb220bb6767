import Objectives
import Zoo

/// How well each label is told.
struct LabelTable {
    let evaluation: LabelEvaluation

    var markup: Markup {
        let rows: [Markup] = evaluation.perLabel.map { score in
            """
            <tr><th scope="row"><bdi>\(score.name)</bdi></th><td class="n">\(score.hits) of \(score.told)</td>\
            <td class="n">\(NumberText.fixed(score.precision, 2))</td>\
            <td class="n">\(score.hits) of \(score.support)</td><td class="n">\(NumberText.fixed(score.recall, 2))</td>\
            <td class="n"><span class="meter" style="--v:\(score.f1)"></span>\(NumberText.fixed(score.f1, 2))</td>\
            <td class="n">\(score.averagePrecision.map { NumberText.fixed($0, 3) } ?? "")</td>\
            <td class="n">\(NumberText.fixed(score.threshold, 2))</td></tr>

            """
        }
        return """
            <div class="card wide"><table class="plain"><thead><tr><th>label</th>\
            <th class="n" title="of the pictures told to have it, those that do">told right</th><th class="n">precision</th>\
            <th class="n" title="of the pictures that have it, those told so">found</th><th class="n">recall</th>\
            <th class="n" title="the harmonic mean of the two">F1</th>\
            <th class="n" title="the precision over all thresholds, weighted by the recall that each adds">average \
            precision</th><th class="n" title="told from this probability on">threshold</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            <p class="note">F1 of all answers together \(NumberText.fixed(evaluation.microF1, 3)), mean of the labels' F1 \
            \(NumberText.fixed(evaluation.macroF1, 3)).</p>

            """
    }
}

/// How near each number is.
struct ValueTable {
    let evaluation: ValueEvaluation

    var markup: Markup {
        let rows: [Markup] = evaluation.perValue.map { score in
            """
            <tr><th scope="row"><bdi>\(score.name)</bdi></th><td class="n">\(NumberText.figure(score.meanAbsoluteError))</td>\
            <td>\(Self.text(score.meanAbsoluteErrorInterval))</td>\
            <td class="n">\(NumberText.figure(score.rootMeanSquaredError))</td>\
            <td class="n">\(score.r2.map { NumberText.fixed($0, 3) } ?? "")</td>\
            <td>\(score.r2Interval.map { "\(NumberText.fixed($0.lower, 3)) to \(NumberText.fixed($0.upper, 3))" } ?? "")</td>\
            <td class="n">\(NumberText.figure(score.mean))</td></tr>

            """
        }
        return """
            <div class="card wide"><table class="plain"><thead><tr><th>value</th>\
            <th class="n" title="the mean size of the difference">mean absolute error</th><th>95 % interval</th>\
            <th class="n" title="the root of the mean squared difference">RMSE</th>\
            <th class="n" title="the share of the variance that is explained">R²</th><th>95 % interval</th>\
            <th class="n">mean of the true values</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }

    private static func text(_ interval: Interval) -> String {
        "\(NumberText.figure(interval.lower)) to \(NumberText.figure(interval.upper))"
    }
}
