import Foundation
import Images
import Learning
import Objectives
import Report
import Testing
import Zoo

@Suite struct ReportTests {
    private static let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u{202E}\u{7}"

    private func record(_ epoch: Int, test: Bool = true) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainLoss: 1 / Double(epoch), trainCorrect: 6 + min(epoch, 4), trainTotal: 10,
            testLoss: test ? 1.5 / Double(epoch) : nil, testCorrect: test ? 3 : nil, testTotal: test ? 4 : nil,
            learningRate: 0.001, seconds: 0.1)
    }

    private func report(classes: [String], isTested: Bool = true) throws -> TrainingReport {
        let count = classes.count
        let rows = (0..<count * 2).map { row in (0..<count).map { $0 == (row == 0 ? 1 : row % count) ? Float(2) : 0 } }
        let logits = try Tensor(shape: [count * 2, count], elements: rows.flatMap { $0 })
        let evaluation = try Evaluation(logits: logits, labels: (0..<count * 2).map { $0 % count }, classes: classes)
        var report = TrainingReport(assessment: .classes(evaluation), isTested: isTested)
        report.names = classes
        report.epochs = (1...5).map { record($0, test: isTested) }
        report.keptEpoch = 4
        return report
    }

    /// The names of all tags.
    private func tags(of html: String) throws -> [String] {
        let pattern = try Regex("<[!/]?([a-zA-Z]+)")
        return html.matches(of: pattern).compactMap { $0.output[1].substring.map(String.init) }
    }

    @Test func namesStayNames() throws {
        let hostile = Self.hostile
        var page = try report(classes: [hostile, "b", "c"])
        page.backbone = hostile
        page.trainFolder = hostile
        page.sample = hostile
        page.configuration = hostile
        page.skipped = [SkippedFile(path: hostile, reason: hostile)]
        page.notes = [hostile]
        page.provenance = [.init(hostile, hostile), .init(hostile, hostile, isCode: true)]
        page.timing = [.init(hostile, hostile)]
        let card = PictureCard(
            path: hostile, truth: hostile, guesses: [.init(name: hostile, probability: 0.5)], thumbnail: [0xFF, 0xD8])
        page.mistakes = [card]
        page.successes = [card]
        let predictions = PredictionPage(
            model: hostile, cards: [card], skipped: [SkippedFile(path: hostile, reason: hostile)], sample: hostile)
        for html in [page.html, predictions.html] {
            let names = Set(try tags(of: html).map { $0.lowercased() })
            #expect(!names.contains("script"))
            #expect(!html.contains("<img src=x"))
            #expect(!html.unicodeScalars.contains("\u{202E}"))
            #expect(!html.unicodeScalars.contains("\u{7}"))
            #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x"))
            #expect(html.contains("&amp;amp;\\xE2\\x80\\xAE\\x07"))
            // Nothing is loaded from anywhere.
            #expect(!html.contains("://") && !html.contains("url("))
            #expect(html.contains("src=\"data:image/jpeg;base64,/9g=\""))
        }
    }

    @Test func pageShowsCountsAndInterval() throws {
        let html = try report(classes: ["cat", "dog"]).html
        #expect(html.contains("<title>cat or dog: 3 of 4</title>"))
        #expect(html.contains("<p class=\"score\">3 <small>of</small> 4</p>"))
        #expect(html.contains("between 30 % and 95 % (95 % interval)"))
        #expect(html.contains("title=\"cat taken for dog: 1 of 2\">1</td>"))
        #expect(html.contains("kept: epoch 4"))
        #expect(try report(classes: ["cat", "dog"], isTested: false).html.contains("There is no test set"))
    }

    @Test func partsAreTabsAndTheResultIsShownFirst() throws {
        let html = try report(classes: ["cat", "dog"]).html
        let labels = html.matches(of: try Regex("<label for=\"tab-([0-9])\">([A-Za-z]+)")).map {
            "\($0.output[1].substring ?? "") \($0.output[2].substring ?? "")"
        }
        #expect(labels == ["0 Data", "1 Result", "2 Mistakes", "3 Calibration", "4 Strangers", "5 Curve"])
        let checked = html.matches(of: try Regex(" checked>")).count
        #expect(html.contains("id=\"tab-1\" checked>") && checked == 1)
        // What was not measured says where it is to be had.
        for command in ["graft doctor", "graft calibrate", "none_of_these", "graft curve"] {
            #expect(html.contains(command), "\(command)")
        }
        #expect(!html.contains("<script"))
    }

    @Test func manyClassesGetAListOfMistakes() throws {
        let names = (0..<30).map { "class \($0)" }
        let html = try report(classes: names).html
        #expect(!html.contains("class=\"matrix\""))
        #expect(html.contains("<td><bdi>class 0</bdi></td><td><bdi>class 1</bdi></td><td class=\"n\">1</td>"))
        #expect(html.contains("<title>30 classes: 59 of 60</title>"))
    }

    @Test(arguments: [1, 2, 5, 40, 3000]) func curvesAreWellFormed(_ epochs: Int) throws {
        for isTested in [true, false] {
            let figure = CurvesFigure(epochs: (1...epochs).map { record($0, test: isTested) }, keptEpoch: epochs)
            let parser = XMLCheck(figure.svg)
            #expect(parser.problem == nil)
            // A curve for each set of pictures in each panel.
            #expect(parser.count["polyline"] == (isTested ? 4 : 2))
            #expect(figure.svg.utf8.count < 60_000)
            #expect(figure.svg.contains("kept: epoch \(epochs)") == (epochs > 1))
        }
    }

    @Test func curvesAreDrawnWhereTheValuesAre() throws {
        let records = (1...3).map {
            EpochRecord(
                epoch: $0, trainLoss: [2, 1, 0][$0 - 1], trainCorrect: [0, 5, 10][$0 - 1], trainTotal: 10,
                learningRate: 1,
                seconds: 0)
        }
        let svg = CurvesFigure(epochs: records, keptEpoch: nil).svg
        // Loss 2, 1, 0 of an axis to 2.5; accuracy 0, 50, 100 % of a whole axis.
        #expect(svg.contains("points=\"62,104.4 238,181.2 414,258\""))
        #expect(svg.contains("points=\"62,258 238,162 414,66\""))
    }
}

/// A small check that tags match, so that the tests need no XML library (FoundationXML is a large one).
private struct XMLCheck {
    private(set) var problem: String?
    private(set) var count: [String: Int] = [:]

    init(_ text: String) {
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else {
                problem = "a tag without end"
                return
            }
            let tag = rest[rest.index(after: start)..<end]
            let name = String(tag.drop { $0 == "/" }.prefix { $0.isLetter })
            if tag.hasPrefix("/") {
                if open.popLast() != name { problem = "</\(name)> does not close anything" }
            } else {
                count[name, default: 0] += 1
                if !tag.hasSuffix("/") { open.append(name) }
            }
            rest = rest[rest.index(after: end)...]
        }
        if !open.isEmpty { problem = "left open: \(open)" }
    }
}
