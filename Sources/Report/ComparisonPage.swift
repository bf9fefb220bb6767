package import Insight
import Objectives
import Zoo

/// The page of `graft compare --html`: accuracy against cost, and the figures.
package struct ComparisonPage {
    private let found: ModelComparison
    private let folder: String

    package init(_ found: ModelComparison, folder: String) {
        self.found = found
        self.folder = folder
    }

    package var html: String {
        let body: Markup = """
            <header>
            <p class="kicker">Graft · comparison</p>
            <h1>Which model for these pictures?</h1>
            <p class="lead">\(found.verdict)</p></header>
            <section><div class="curves">\(ComparisonFigure(found).markup)</div>
            <p class="note">In <bdi>\(folder)</bdi>. \(method) Bars are 95 % intervals. Up and to the left is better.</p></section>
            \(Page.section("The figures", "Beside the best: pictures that only one of the two got right, and the probability of so uneven a count if both were equally good (McNemar's exact test).", table))\
            <footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "Models compared on \(folder)", body: body).html
    }

    private var method: Markup {
        switch found.method {
        case .folds(let count): "Each picture is answered by a head made of the other folds' pictures, \(count) folds."
        case .test(let path): "Heads are made of all its pictures and answer those of <bdi>\(path)</bdi>."
        }
    }

    private var table: Markup {
        let rows: [Markup] = found.candidates.enumerated().map { index, candidate in
            let interval = candidate.interval
            let beside: Markup
            if let difference = found.difference(index) {
                beside = """
                    <td class="n">\(difference.onlySecond) : \(difference.onlyFirst)</td>\
                    <td class="n">\(difference.pText)</td>
                    """
            } else {
                beside = "<td class=\"n\">the best</td><td></td>"
            }
            return """
                <tr><td>\(candidate.backbone)</td><td>\(candidate.head)</td>\
                <td class="n">\(candidate.correct) <small>of</small> \(candidate.total)</td>\
                <td class="n">\(NumberText.percent(candidate.accuracy))</td>\
                <td class="n">\(NumberText.fixed(interval.lower * 100, 1)) to \(NumberText.percent(interval.upper))</td>\
                \(beside)<td class="n">\(NumberText.fixed(candidate.milliseconds, 1))</td>\
                <td class="n">\(NumberText.fixed(candidate.megabytes, 1))</td></tr>

                """
        }
        return """
            <div class="card wide"><table class="plain"><tr><th>backbone</th><th>head</th><th class="n">right</th>\
            <th class="n">accuracy</th><th class="n">95 % interval</th><th class="n">only it : best</th>\
            <th class="n">p</th><th class="n">ms</th><th class="n">MB</th></tr>\(rows)</table></div>
            """
    }
}
