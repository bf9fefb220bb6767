package import Insight
import Zoo

/// The page of `graft doctor --html`.
package struct DoctorPage {
    private let findings: FindingsSection
    private let folder: String

    package init(_ report: DoctorReport, folder: String) {
        findings = FindingsSection(report)
        self.folder = folder
    }

    package var html: String {
        let report = findings.report
        let count = NumberText.counted(report.findings.count, "finding")
        let body: Markup = """
            <header>
            <p class="kicker">Graft · doctor</p>
            <h1>\(report.isClean ? "Nothing found" : count)</h1>
            <p class="lead">In <bdi>\(folder.shown)</bdi>. Nothing was changed: what to do with a picture is for a person to say.</p>
            </header>
            <div class="facts"><div class="card"><b>\(report.pictures)</b><span>pictures</span></div>
            <div class="card"><b>\(report.classes.count)</b><span>classes</span></div>
            \(findings.outside)</div>
            \(findings.markup(apply: "graft doctor \(folder.shown) --apply fixes.csv --output NEW"))\
            <footer>Written by Graft. This page loads nothing; what you choose stays in it until you save.</footer>

            """
        return Page(title: "\(count) in \(folder.shown)", body: body, script: findings.script).html
    }
}
