package import Insight
import Zoo

/// The page of `graft calibrate --html`.
package struct CalibrationPage {
    private let found: Calibration
    private let model: String
    private let folder: String

    package init(_ found: Calibration, model: String, folder: String) {
        self.found = found
        self.model = model
        self.folder = folder
    }

    package var html: String {
        let temperature = NumberText.fixed(found.temperature, 3)
        let body: Markup = """
            <header>
            <p class="kicker">Graft · calibration</p>
            <h1>Temperature \(temperature)</h1>
            <p class="lead">How sure <bdi>\(model)</bdi> is, and how often it is right, on \(found.before.total) pictures of \
            <bdi>\(folder)</bdi>.</p></header>
            \(CalibrationSection(found).markup)<footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "Temperature \(temperature), \(model)", body: body).html
    }
}

/// The part of a page about how sure a model is.
struct CalibrationSection {
    private let found: Calibration

    init(_ found: Calibration) { self.found = found }

    var markup: Markup {
        let floor = NumberText.percent(found.after.noiseFloor)
        let reason: Markup = found.reason.map { "<p class=\"note\">The temperature stays 1: \($0).</p>\n" } ?? ""
        let sets: Markup =
            found.sets.map {
                """
                <p class="note">Sets that promise \(NumberText.percent($0.promised)): \(NumberText.percent($0.coverage)) of \
                \($0.count) hold the right class, \(NumberText.fixed($0.size, 2)) classes on average.</p>

                """
            } ?? ""
        return Page.section(
            "How sure it is",
            """
            Bars: how often answers are right; lines: how sure they were, on average. On \(found.before.total) pictures that \
            the answering model had not seen. An honest model has an error of \(floor) on so many pictures, by chance.
            """,
            """
            <div class="curves">\(ReliabilityFigure(title: "As trained", reliability: found.before).markup)\
            \(ReliabilityFigure(title: "Divided by \(NumberText.fixed(found.temperature, 2))", reliability: found.after).markup)\
            </div>\(reason)\(sets)
            """)
    }
}
