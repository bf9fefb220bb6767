import Learning
import Objectives
import Zoo

/// What fine-tuning brought, and what a recipe had decided it by.
struct FineTuningSection {
    /// The test pictures, answered by the head alone and by the kept model; nil where one of the two is not there.
    let counts: PairedCount?
    /// Of the test pictures, those that the kept model has right.
    let correct: Int
    /// Nil without a recipe.
    let decision: FineTuningDecision?

    var markup: Markup {
        guard counts != nil || decision != nil else { return "" }
        return "<h3>Was it worth it?</h3><div class=\"card wide\">\(gained)\(decided)</div>\n"
    }

    private var gained: Markup {
        guard let counts else { return "" }
        let interval = counts.interval
        return """
            <p>The head alone had <strong>\(correct - counts.gain) of \(counts.total)</strong> test pictures right, the \
            fine-tuned model <strong>\(correct)</strong>: \(counts.onlyAfter) right only after, \(counts.onlyBefore) right \
            only before. The difference on as many new pictures is between \(signed(interval.lowerBound)) and \
            \(signed(interval.upperBound)) (95 % interval).</p>

            """
    }

    private var decided: Markup {
        guard let decision else { return "" }
        let rows: [Markup] = decision.trials.map { trial in
            """
            <tr><td>\(trial.what)</td><td class="n">\(trial.epochs)</td><td class="n">\(trial.headCorrect) of \
            \(trial.counts.total)</td><td class="n">\(trial.headCorrect + trial.counts.gain)</td>\
            <td class="n">\(trial.counts.onlyBefore)</td><td class="n">\(trial.counts.onlyAfter)</td>\
            <td class="n">\(NumberText.fixed(trial.lossGain, 3)) ± \(NumberText.fixed(trial.lossGainError, 3))</td></tr>

            """
        }
        let table: Markup =
            rows.isEmpty
            ? ""
            : """
            <table class="plain"><thead><tr><th>tried on a part of the training pictures</th><th class="n">epochs</th>\
            <th class="n">head alone right</th><th class="n">fine-tuned</th><th class="n">only before</th>\
            <th class="n">only after</th><th class="n">cross entropy less by</th></tr></thead><tbody>\(rows)</tbody></table>

            """
        return "<p>Decided without any test picture: \(decision.reason).</p>\n\(table)"
    }

    private func signed(_ value: Double) -> String {
        "\(value < 0 ? "−" : "+")\(NumberText.fixed(abs(value), 1))"
    }
}
