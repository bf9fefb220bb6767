import Objectives
import Zoo

/// Which classes are taken for which: a coloured table, or a list of the commonest mistakes where there are too many
/// classes for a table that can be read.
struct ConfusionTable {
    let evaluation: Evaluation
    static let classLimit = 24

    private var classes: [String] { evaluation.perClass.map(\.name) }

    var markup: Markup { classes.count <= Self.classLimit ? matrix : commonest }

    private var matrix: Markup {
        let head: [Markup] = classes.map { "<th scope=\"col\"><bdi>\($0)</bdi></th>" }
        let rows: [Markup] = classes.indices.map { truth in
            let row = evaluation.confusion[truth]
            let total = max(1, row.reduce(0, +))
            let cells: [Markup] = classes.indices.map { predicted in
                let count = row[predicted]
                let share = Double(count) / Double(total)
                let kind = count == 0 ? "zero" : share > 0.5 ? "hi" : ""
                let tone: Markup = truth == predicted ? "var(--accent)" : "var(--wrong)"
                return """
                    <td class="\(kind)" style="--v:\(count == 0 ? 0 : 0.12 + 0.88 * share);--tone:\(tone)" \
                    title="\(classes[truth]) taken for \(classes[predicted]): \(count) of \(total)">\(count)</td>
                    """
            }
            return "<tr><th scope=\"row\"><bdi>\(classes[truth])</bdi></th>\(cells)</tr>\n"
        }
        return """
            <div class="wide"><table class="matrix"><thead><tr><th class="axis">is ↓ &nbsp;says →</th>\(head)</tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }

    private var commonest: Markup {
        var pairs: [(truth: Int, predicted: Int, count: Int)] = []
        for truth in classes.indices {
            for predicted in classes.indices where predicted != truth && evaluation.confusion[truth][predicted] > 0 {
                pairs.append((truth, predicted, evaluation.confusion[truth][predicted]))
            }
        }
        pairs.sort { ($1.count, $0.truth, $0.predicted) < ($0.count, $1.truth, $1.predicted) }
        let rows: [Markup] = pairs.prefix(20).map { pair in
            """
            <tr><td><bdi>\(classes[pair.truth])</bdi></td><td><bdi>\(classes[pair.predicted])</bdi></td>\
            <td class="n">\(pair.count)</td></tr>

            """
        }
        guard !rows.isEmpty else { return "<p class=\"note\">No mistakes.</p>\n" }
        return """
            <div class="wide"><table class="plain"><thead><tr><th>is</th><th>taken for</th><th class="n">pictures</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }

    /// Precision, recall, F1 and count of every class.
    var perClass: Markup {
        let rows: [Markup] = evaluation.perClass.map { score in
            """
            <tr><th scope="row"><bdi>\(score.name)</bdi></th><td class="n">\(NumberText.fixed(score.precision, 2))</td>\
            <td class="n">\(NumberText.fixed(score.recall, 2))</td><td class="n"><span class="meter" \
            style="--v:\(score.f1)"></span>\(NumberText.fixed(score.f1, 2))</td><td class="n">\(score.support)</td></tr>

            """
        }
        return """
            <div class="wide"><table class="plain"><thead><tr><th>class</th>\
            <th class="n" title="of the pictures given this class, the share that are of it">precision</th>\
            <th class="n" title="of the pictures of this class, the share that were given it">recall</th>\
            <th class="n" title="the harmonic mean of the two">F1</th><th class="n">pictures</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>

            """
    }
}
