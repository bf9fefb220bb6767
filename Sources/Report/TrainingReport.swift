package import Images
package import Inference
package import Insight
package import Learning
package import Objectives
package import Zoo

/// The page `report.html`: how good the model is, where it errs, and what made it.
package struct TrainingReport: Sendable {
    /// A line of the provenance or the timing.
    package struct Fact: Sendable {
        let name: String
        let value: String
        /// Set in the face of code: hashes, names of files.
        let isCode: Bool

        package init(_ name: String, _ value: String, isCode: Bool = false) {
            self.name = name
            self.value = value
            self.isCode = isCode
        }
    }

    package var backbone = ""
    package var trainFolder = ""
    package var epochs: [EpochRecord] = []
    package var keptEpoch: Int?
    package var outline: TrainingOutline?
    /// How the option of a head that was made in one pass was chosen.
    package var choice: OptionChoice?
    /// What a recipe decided.
    package var decision: FineTuningDecision?
    /// The test pictures before and after the backbone was trained.
    package var paired: PairedCount?
    package var trainImages = 0
    /// On the test pictures, or on the training pictures where there are none to test on.
    package var assessment: Assessment
    /// Of classes, labels or values.
    package var names: [String] = []
    /// Of numbers, what is true and what is answered.
    package var pairs: [ScatterFigure.Pairs] = []
    package var isTested: Bool
    package var seconds = 0.0
    package var mistakes: [PictureCard] = []
    package var successes: [PictureCard] = []
    package var skipped: [SkippedFile] = []
    package var notes: [String] = []
    package var timing: [Fact] = []
    package var provenance: [Fact] = []
    package var configuration = ""
    /// How sure the model is, on training pictures that the answering heads had not seen.
    package var calibration: Calibration?
    package var strangers: StrangerScore.Fit?
    /// What was found out about the pictures; nil where nobody looked.
    package var findings: FindingsSection?
    /// The error by the number of training pictures; nil where it was not measured.
    package var learningCurve: CurveReport?
    /// What the pictures are, where they are not photographs.
    package var sample: String?

    package init(assessment: Assessment, isTested: Bool) {
        self.assessment = assessment
        self.isTested = isTested
    }

    package var html: String {
        let count = assessment.correct.map { ": \($0) of \(assessment.total)" } ?? ""
        return Page(title: titleText + count, body: body, script: findings?.script).html
    }

    private var titleText: String {
        let isShort = names.count <= 5
        return switch assessment {
        case .classes:
            isShort
                ? names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "") : "\(names.count) classes"
        case .labels: isShort ? names.joined(separator: ", ") : "\(names.count) labels"
        case .values: isShort ? names.joined(separator: ", ") : "\(names.count) values"
        }
    }

    private var isFineTuned: Bool { outline?.phases.contains { $0.trained != ["head"] } ?? false }

    private var what: String { isTested ? "test pictures" : "training pictures" }

    private var body: Markup {
        """
        <header>
        <p class="kicker">Graft · training report</p>
        <h1><bdi>\(titleText)</bdi></h1>
        <p class="lead">A new head on <bdi>\(backbone)</bdi>\(isFineTuned ? ", fine-tuned," : ",") learnt from \(NumberText.counted(trainImages, "picture")) in \
        <bdi>\(trainFolder.shown)</bdi>.</p>
        \(Page.sampleStrip(sample))</header>
        \(Tabs(tabs: tabs, first: 1).markup)\
        <footer>Written by Graft. This page loads nothing: it can be mailed or kept as it is.</footer>

        """
    }

    private var tabs: [Tabs.Tab] {
        let wrong = assessment.correct.map { assessment.total - $0 }
        var tabs: [Tabs.Tab] = [
            .init(name: "Data", count: findings.flatMap { $0.pictures > 0 ? $0.pictures : nil }, content: data),
            .init(name: "Result", content: "\(hero)\(facts)\(curves)\(confusion)\(making)"),
            .init(name: wrong == nil ? "Differences" : "Mistakes", count: wrong, content: pictures),
        ]
        if case .classes = assessment {
            tabs.append(.init(name: "Calibration", content: sureness))
            tabs.append(.init(name: "Strangers", content: strange))
            tabs.append(.init(name: "Curve", content: curve))
        }
        return tabs
    }

    /// A tab that has nothing to show says why, and where it is to be had.
    private static func missing(_ title: String, _ why: Markup) -> Markup {
        Page.section(title, nil, "<p class=\"lead\">\(why)</p>\n")
    }

    private var data: Markup {
        var result = noteworthy
        guard let findings else {
            if case .classes = assessment {
                result += Self.missing(
                    "Nobody has looked",
                    """
                    The pictures are looked at where a head learns from features that are computed once. \
                    <code>graft doctor \(trainFolder.shown)</code> looks at them whatever is trained.
                    """)
            }
            return result
        }
        let count = findings.report.findings.count
        return Page.section(
            findings.report.isClean ? "Nothing found" : NumberText.counted(count, "finding"),
            "What the features of the pictures say of them, before anything was trained.",
            """
            <div class="facts" style="margin:0 0 14px"><div class="card"><b>\(findings.report.pictures)</b><span>pictures</span></div>
            \(findings.outside)</div>\(findings.classes)
            """) + findings.markup(apply: "graft doctor \(trainFolder.shown) --apply fixes.csv --output NEW") + result
    }

    private var curve: Markup {
        learningCurve.map { CurveSection($0).markup }
            ?? Self.missing(
                "Not measured", "<code>graft curve \(trainFolder.shown)</code> shows whether more pictures would help.")
    }

    private var hero: Markup {
        guard let correct = assessment.correct, let interval = assessment.interval else {
            let lines: [Markup] = {
                guard case .values(let figures) = assessment else { return [] }
                return figures.perValue.prefix(4).map { score in
                    """
                    <p class="score">± \(NumberText.figure(score.meanAbsoluteError)) <small><bdi>\(score.name)</bdi></small></p>
                    <p>on average\(score.r2.map { ", R² \(NumberText.fixed($0, 3))" } ?? "")</p>

                    """
                }
            }()
            return """
                <div class="card hero"><div>\(lines)</div><div><p class="note">Over \(assessment.total) \(what). \
                \(isTested ? "" : Self.untested)</p></div></div>

                """
        }
        let share = Double(correct) / Double(max(1, assessment.total))
        let (low, high) = (interval.lower, interval.upper)
        let explained: Markup =
            isTested
            ? """
            With \(assessment.total) pictures, the accuracy on new ones like them is between \
            \(NumberText.percent(low, digits: 0)) and \(NumberText.percent(high, digits: 0)) (95 % interval).
            """ : Self.untested
        let right = if case .labels = assessment { "\(what) with every label right" } else { "\(what) right" }
        return """
            <div class="card hero"><div><p class="score">\(correct) <small>of</small> \(assessment.total)</p>
            <p>\(right), <strong>\(NumberText.percent(share))</strong></p></div>
            <div><div class="gauge" role="img" aria-label="\(NumberText.percent(share))"><i style="left:\(low * 100)%;\
            right:\((1 - high) * 100)%"></i><b style="left:\(share * 100)%"></b></div>
            <div class="scale"><span>0</span><span>50 %</span><span>100 %</span></div>
            <p class="note">\(explained)</p></div></div>

            """
    }

    private static let untested: Markup = """
        There is no test set: the model has seen all these pictures. Set <code>data.test</code> or \
        <code>data.split</code> to learn how it does on new ones.
        """

    private var facts: Markup {
        let course: (String, String) =
            if let choice {
                (NumberText.figure(choice.chosen), "\(choice.option), chosen")
            } else {
                (
                    keptEpoch.map { "\($0) of \(epochs.count)" } ?? String(epochs.count),
                    keptEpoch == nil ? "epochs" : "epoch kept"
                )
            }
        var items: [(String, String)] = [
            (String(trainImages), "training pictures"), (String(names.count), nouns), course,
            (NumberText.duration(seconds), "from start to model"),
        ]
        if !skipped.isEmpty {
            items.append((String(skipped.count), skipped.count == 1 ? "file skipped" : "files skipped"))
        }
        let tiles: [Markup] = items.map { "<div class=\"card\"><b>\($0.0)</b><span>\($0.1)</span></div>\n" }
        return "<div class=\"facts\">\(tiles)</div>\n"
    }

    /// What the outputs are called.
    private var nouns: String {
        switch assessment {
        case .classes: "classes"
        case .labels: names.count == 1 ? "label" : "labels"
        case .values: names.count == 1 ? "value" : "values"
        }
    }

    private var curves: Markup {
        guard !epochs.isEmpty else { return "" }
        if let choice {
            return Page.section(
                "How it was made",
                """
                In one pass: the best linear layer for these features is found, not approached. How closely it follows the \
                training pictures, its \(choice.option), was chosen by pictures that were left out.
                """, curvesFigure.inline)
        }
        return Page.section(
            "How it learnt",
            """
            Training figures are taken during each epoch with dropout on, test figures after it; a test line above the \
            training line is therefore nothing odd.
            """,
            "\(curvesFigure.inline)\(phases)\(worth)")
    }

    /// What the run learnt, step by step.
    package var curvesFigure: CurvesFigure {
        choice.map { CurvesFigure(choice: $0) }
            ?? CurvesFigure(epochs: epochs, keptEpoch: keptEpoch, outline: outline)
    }

    /// What each phase trained, where that is more than a head.
    private var phases: Markup {
        guard let outline, outline.phases.count > 1 || isFineTuned else { return "" }
        return PhaseTable(outline: outline, epochs: epochs).markup
    }

    private var worth: Markup {
        FineTuningSection(counts: paired, correct: assessment.correct ?? 0, decision: decision).markup
    }

    private var confusion: Markup {
        switch assessment {
        case .classes(let evaluation):
            let table = ConfusionTable(evaluation: evaluation)
            return Page.section(
                "What it takes for what", "Rows are what the \(what) are, columns what the model says.",
                "<div class=\"pair\"><div class=\"card\">\(table.markup)</div><div class=\"card\">\(table.perClass)</div></div>\n"
            )
        case .labels(let evaluation):
            return Page.section(
                "Label by label", "Over the \(what). Each label is told on its own.",
                LabelTable(evaluation: evaluation).markup)
        case .values(let evaluation):
            let figures: [Markup] = pairs.map { "<div class=\"card\">\(ScatterFigure($0).markup)</div>\n" }
            return Page.section(
                "How near it is", "Over the \(what). A dot on the diagonal is a right answer.",
                "<div class=\"curves\">\(figures)</div>\(ValueTable(evaluation: evaluation).markup)")
        }
    }

    private var pictures: Markup {
        var result: Markup = ""
        let wrong = assessment.correct.map { assessment.total - $0 }
        if !mistakes.isEmpty {
            let title = wrong == nil ? "The largest differences" : "The worst mistakes"
            let lead =
                if let wrong {
                    mistakes.count < wrong
                        ? "\(mistakes.count) of \(wrong) wrong answers, the surest first."
                        : "All \(wrong) wrong answers, the surest first."
                } else {
                    "\(mistakes.count) of \(assessment.total) answers, the furthest off first."
                }
            result += Page.section(title, "\(lead)", PictureCard.grid(mistakes))
        } else if wrong == 0 {
            result += Page.section("No mistakes", nil, "<p class=\"lead\">Every one of the \(what) is right.</p>\n")
        }
        if !successes.isEmpty {
            result += Page.section(
                "Some right answers", "The surest ones of each \(nouns == "classes" ? "class" : "label").",
                PictureCard.grid(successes))
        }
        return result
    }

    private var sureness: Markup {
        calibration.map { CalibrationSection($0).markup }
            ?? Self.missing(
                "Not measured",
                """
                A model whose backbone is trained says nothing honest of its own training pictures. \
                <code>graft calibrate MODEL FOLDER</code> measures it on others, and mends it.
                """)
    }

    private var strange: Markup {
        guard let strangers else {
            return Self.missing(
                "Not asked for",
                "With <code>train: {none_of_these: 5%}</code> a model says when a picture is none of its classes.")
        }
        let rows: [Markup] = names.enumerated().map { index, name in
            let interval = WilsonInterval(correct: strangers.rejected[index], total: strangers.counts[index])
            return """
                <tr><th scope="row"><bdi>\(name)</bdi></th><td class="n">\(strangers.rejected[index]) of \
                \(strangers.counts[index])</td><td class="n">\(NumberText.percent(interval.lower)) to \
                \(NumberText.percent(interval.upper))</td></tr>

                """
        }
        return Page.section(
            "None of these",
            """
            A picture unlike all training pictures is called none of the classes. So often it happens to training pictures \
            that were left out; \(NumberText.percent(strangers.score.promised)) were allowed. Pictures of something that looks \
            much like a class mostly pass.
            """,
            """
            <div class="card wide"><table class="plain"><tr><th>class</th><th class="n">called strangers</th>\
            <th class="n">95 % interval</th></tr>\(rows)</table></div>

            """)
    }

    private var noteworthy: Markup {
        guard !skipped.isEmpty || !notes.isEmpty else { return "" }
        var parts: Markup = ""
        if !skipped.isEmpty {
            let items: [Markup] = skipped.map { "<li><bdi>\($0.path.shown)</bdi>: \($0.reason)</li>\n" }
            parts += """
                <details class="card" open><summary>\(NumberText.counted(skipped.count, "file")) could not be used</summary>
                <ul>\(items)</ul></details>

                """
        }
        if !notes.isEmpty {
            let items: [Markup] = notes.map { "<li><bdi>\($0)</bdi></li>\n" }
            parts += """
                <details class="card" open><summary>\(NumberText.counted(notes.count, "note")) on the data</summary>
                <ul>\(items)</ul></details>

                """
        }
        return Page.section("Notes", nil, parts)
    }

    private var making: Markup {
        func list(_ facts: [Fact]) -> Markup {
            let items: [Markup] = facts.map { fact in
                let value: Markup = fact.isCode ? "<code>\(fact.value)</code>" : "<bdi>\(fact.value)</bdi>"
                return "<dt>\(fact.name)</dt><dd>\(value)</dd>\n"
            }
            return "<dl class=\"card facts-list\">\(items)</dl>\n"
        }
        let settings: Markup =
            configuration.isEmpty
            ? ""
            : """
            <h3>The configuration</h3><div class="card"><details open><summary>config.yaml</summary>
            <pre>\(configuration)</pre></details></div>

            """
        return Page.section(
            "How it was made", nil,
            "\(list(provenance))<h3>Where the time went</h3>\(list(timing))\(settings)")
    }
}
