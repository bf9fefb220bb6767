package import Insight
import Objectives
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a doctor found, every finding with its pictures: those that are alike side by side, suspects of a wrong label beside
/// the nearest pictures of both classes. What to do with each is chosen by keyboard and saved as a plan.
package struct FindingsSection: Sendable {
    let report: DoctorReport
    private let plan: PlanDesk
    /// By the bytes of the picture's path.
    private let thumbnails: [[UInt8]: [UInt8]]

    /// Pictures that are shown of each finding; all are in the plan.
    private static let limit = 60

    /// - Parameter threads: nil for `GRAFT_THREADS`, or else the number of processors.
    package init(_ report: DoctorReport, threads: Int? = nil) {
        self.report = report
        plan = PlanDesk(FixPlan(report), classes: report.classes.map(\.name))
        var paths: [String] = []
        for finding in report.findings where finding.kind != .damaged {
            for entry in finding.entries.prefix(Self.limit) {
                paths += [entry.path] + [entry.other, entry.nearestOfClass, entry.nearestOfSuggested].compactMap { $0 }
            }
        }
        var seen: Set<[UInt8]> = []
        let wanted = paths.filter { seen.insert($0.byteKey).inserted }
        var thumbnails: [[UInt8]: [UInt8]] = [:]
        for (path, thumbnail) in zip(wanted, Thumbnails.make(wanted, longSide: 240, threads: threads)) {
            thumbnails[path.byteKey] = thumbnail
        }
        self.thumbnails = thumbnails
    }

    /// Pictures with a line in the plan.
    var pictures: Int { plan.count }

    /// - Parameter apply: the command that carries the plan out.
    func markup(apply: String) -> Markup {
        let desk: Markup = pictures > 0 ? plan.markup(apply: apply) : ""
        return "\(desk)\(report.findings.map(section))"
    }

    /// What the page has to run; nil where there is nothing to choose.
    var script: Markup? { pictures > 0 ? PlanDesk.script : nil }

    /// Right answers of models that had not seen the pictures, with their interval, as a tile.
    var outside: Markup {
        guard let found = report.outOfFold else { return "" }
        let interval = WilsonInterval(correct: found.correct, total: found.total)
        return """
            <div class="card"><b>\(found.correct) of \(found.total)</b><span>told right by models that had not seen them \
            (\(NumberText.percent(interval.lower, digits: 0)) to \(NumberText.percent(interval.upper, digits: 0)))</span></div>

            """
    }

    /// How many pictures each class has.
    var classes: Markup {
        let hasTest = report.classes.contains { $0.test > 0 }
        let rows: [Markup] = report.classes.map { one in
            let test: Markup = hasTest ? "<td class=\"n\">\(one.test)</td>" : ""
            return "<tr><th scope=\"row\"><bdi>\(one.name)</bdi></th><td class=\"n\">\(one.train)</td>\(test)</tr>\n"
        }
        let head: Markup = hasTest ? "<th class=\"n\">to test on</th>" : ""
        return """
            <div class="card wide"><table class="plain"><tr><th>class</th><th class="n">to train on</th>\(head)</tr>
            \(rows)</table></div>

            """
    }

    private func section(_ finding: Finding) -> Markup {
        let count = finding.entries.isEmpty ? "" : ": \(NumberText.counted(finding.count, "picture"))"
        let limit =
            finding.threshold.map {
                finding.measure.isEmpty ? "" : " (\(finding.measure), from \(NumberText.short($0)))"
            } ?? ""
        let shown = finding.entries.prefix(Self.limit)
        let rest: Markup =
            finding.count > shown.count
            ? "<p class=\"note\">And \(finding.count - shown.count) more, in the plan.</p>\n" : ""
        let isSuspect = finding.kind == .labelSuspect
        let grid: Markup =
            shown.isEmpty
            ? ""
            : finding.kind == .damaged
                ? list(Array(shown))
                : isSuspect
                    ? "<div class=\"suspects\">\n\(shown.map(suspect))</div>\n"
                    : "<div class=\"grid\">\n\(shown.map(card))</div>\n"
        return Page.section(
            "\(Self.sentence(finding.message))\(count)", "\(Self.sentence(finding.advice))\(limit).", "\(grid)\(rest)")
    }

    private static func sentence(_ clause: String) -> String { clause.prefix(1).uppercased() + clause.dropFirst() }

    private func list(_ entries: [Finding.Entry]) -> Markup {
        let items: [Markup] = entries.map { "<li><bdi>\($0.path)</bdi>: \($0.note ?? "")</li>\n" }
        return "<div class=\"card\" style=\"padding:4px 18px 14px\"><ul>\(items)</ul></div>\n"
    }

    /// A picture, and beside it the one of its class and the one of the other class that are most like it.
    private func suspect(_ entry: Finding.Entry) -> Markup {
        func beside(_ path: String?, _ name: String) -> Markup {
            path.map { "<div>\(image($0))<span><bdi>\(name)</bdi>, most like it</span></div>" } ?? "<div></div>"
        }
        return figure(
            entry,
            """
            <div class="beside"><div>\(image(entry.path))</div><div>\(beside(entry.nearestOfClass, entry.label))\
            \(beside(entry.nearestOfSuggested, entry.suggested ?? ""))</div></div>
            """)
    }

    private func card(_ entry: Finding.Entry) -> Markup {
        let other: Markup =
            entry.other.map { path in
                "\(image(path))<p class=\"file\" style=\"padding:6px 14px 8px\">the one to keep: <bdi>\(path)</bdi></p>"
            } ?? ""
        return figure(entry, "\(other)\(image(entry.path))")
    }

    private func figure(_ entry: Finding.Entry, _ images: Markup) -> Markup {
        let says: Markup =
            entry.suggested.map { "<bdi>\(entry.label)</bdi>, or <bdi>\($0)</bdi>?" } ?? "<bdi>\(entry.label)</bdi>"
        let value: Markup = entry.value.map { "\(NumberText.fixed($0, 2))" } ?? ""
        let note: Markup = entry.note.map { " <bdi>\($0)</bdi>" } ?? ""
        return """
            <figure class="card" tabindex="0" data-path="\(entry.path.shown)">\(images)<figcaption><p class="says">\(says)</p>\
            <p class="is">\(value)\(note)</p><p class="does"></p><p class="file"><bdi>\(entry.path)</bdi></p>\
            </figcaption></figure>

            """
    }

    private func image(_ path: String) -> Markup {
        thumbnails[path.byteKey].map { bytes in
            "<img alt=\"\(path)\" loading=\"lazy\" src=\"data:image/jpeg;base64,\(Data(bytes).base64EncodedString())\">"
        } ?? "<div class=\"blank\"></div>"
    }
}
