package import Insight
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The page of `graft doctor --html`: every finding with its pictures, those that are alike side by side.
package struct DoctorPage {
    private let report: DoctorReport
    private let folder: String
    /// By the bytes of the picture's path.
    private let thumbnails: [[UInt8]: [UInt8]]

    /// Pictures that are shown of each finding; all are in the plan.
    private static let limit = 60

    package init(_ report: DoctorReport, folder: String) {
        self.report = report
        self.folder = folder
        var paths: [String] = []
        for finding in report.findings where finding.kind != .damaged {
            for entry in finding.entries.prefix(Self.limit) { paths += [entry.path] + (entry.other.map { [$0] } ?? []) }
        }
        var seen: Set<[UInt8]> = []
        let wanted = paths.filter { seen.insert($0.byteKey).inserted }
        var thumbnails: [[UInt8]: [UInt8]] = [:]
        for (path, thumbnail) in zip(wanted, Thumbnails.make(wanted, longSide: 240)) {
            thumbnails[path.byteKey] = thumbnail
        }
        self.thumbnails = thumbnails
    }

    package var html: String {
        let count = NumberText.counted(report.findings.count, "finding")
        let outside: Markup =
            report.outOfFold.map {
                "<div class=\"card\"><b>\($0.correct) of \($0.total)</b><span>told right by models that had not seen them</span></div>\n"
            } ?? ""
        let body: Markup = """
            <header>
            <p class="kicker">Graft · doctor</p>
            <h1>\(report.isClean ? "Nothing found" : count)</h1>
            <p class="lead">In <bdi>\(folder)</bdi>. Nothing was changed: what to do with a picture is for a person to say.</p>
            </header>
            <div class="facts"><div class="card"><b>\(report.pictures)</b><span>pictures</span></div>
            <div class="card"><b>\(report.classes.count)</b><span>classes</span></div>
            \(outside)</div>
            \(report.findings.map(section))<footer>Written by Graft. This page loads nothing and runs nothing.</footer>

            """
        return Page(title: "\(count) in \(folder)", body: body).html
    }

    private func section(_ finding: Finding) -> Markup {
        let count = finding.entries.isEmpty ? "" : ": \(NumberText.counted(finding.count, "picture"))"
        let limit = finding.threshold.map { "; \(finding.measure), limit \(NumberText.short($0))" } ?? ""
        let shown = finding.entries.prefix(Self.limit)
        let rest: Markup =
            finding.count > shown.count
            ? "<p class=\"note\">and \(finding.count - shown.count) more, in the plan</p>\n" : ""
        let grid: Markup =
            shown.isEmpty
            ? "" : finding.kind == .damaged ? list(Array(shown)) : "<div class=\"grid\">\n\(shown.map(card))</div>\n"
        return Page.section("\(finding.message)\(count)", "\(finding.advice)\(limit).", "\(grid)\(rest)")
    }

    private func list(_ entries: [Finding.Entry]) -> Markup {
        let items: [Markup] = entries.map { "<li><bdi>\($0.path)</bdi>: \($0.note ?? "")</li>\n" }
        return "<div class=\"card\" style=\"padding:4px 18px 14px\"><ul>\(items)</ul></div>\n"
    }

    private func card(_ entry: Finding.Entry) -> Markup {
        let says: Markup =
            entry.suggested.map { "<bdi>\(entry.label)</bdi> → <bdi>\($0)</bdi>?" } ?? "<bdi>\(entry.label)</bdi>"
        let value: Markup = entry.value.map { "\(NumberText.fixed($0, 2))" } ?? ""
        let note: Markup = entry.note.map { " <bdi>\($0)</bdi>" } ?? ""
        let other: Markup =
            entry.other.map { "\(image($0))<p class=\"file\" style=\"padding:6px 14px 0\">keep <bdi>\($0)</bdi></p>" }
            ?? ""
        return """
            <figure class="card">\(other)\(image(entry.path))<figcaption><p class="says">\(says)</p>\
            <p class="is">\(value)\(note)</p><p class="file"><bdi>\(entry.path)</bdi></p></figcaption></figure>

            """
    }

    private func image(_ path: String) -> Markup {
        thumbnails[path.byteKey].map { bytes in
            "<img alt=\"\(path)\" loading=\"lazy\" src=\"data:image/jpeg;base64,\(Data(bytes).base64EncodedString())\">"
        } ?? "<div class=\"blank\"></div>"
    }
}
