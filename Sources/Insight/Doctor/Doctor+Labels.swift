import Inference
import Numbers
import Zoo

extension Doctor {
    /// Labels that are most likely wrong, and pictures unlike their class.
    func labels(_ train: [Int], groups: [Int]) -> ([Finding], DoctorReport.Outside?) {
        let labels = train.map { cases[$0].label }
        guard Set(labels).count > 1, train.count >= 4 * Set(labels).count else { return ([], nil) }
        let own = features.rows(train), ownGroups = train.map { groups[$0] }
        let rows = UnitRows(own)
        let folds = Folds(labels: labels, groups: ownGroups)
        let answers = OutOfFold(own, labels: labels, classes: classes.count, folds: folds, threads: threads)
        let found = LabelSuspects(answers, labels: labels, features: rows, groups: ownGroups, threads: threads)
        let suspects = found.suspects.map { suspect in
            let cosines = rows.cosines(of: suspect.picture, with: rows, 0..<rows.count)
            func nearest(_ label: Int) -> String? {
                rows.nearest(1, to: cosines) {
                    labels[$0] == label && ownGroups[$0] != ownGroups[suspect.picture]
                }.first.map { cases[train[$0.row]].path }
            }
            return entry(
                train[suspect.picture], value: suspect.score, suggested: suspect.suggested,
                nearest: (nearest(suspect.given), nearest(suspect.suggested)))
        }
        let weak =
            found.isWeakEvidence ? " (weak evidence: the model itself is right on \(Self.percent(found.accuracy)))" : ""
        let doubted = Set(found.suspects.map(\.picture))
        let outliers = ClassOutliers.find(
            labels: labels, classes: classes.count, features: rows, groups: ownGroups, threads: threads
        ).filter { !doubted.contains($0.picture) }
        let right = answers.isRight(labels).count { $0 }
        let findings =
            Finding.about(
                suspects, .labelSuspect, measure: "lead of the given label", threshold: 0,
                "most likely of another class\(weak)",
                advice: "look at each and move it or keep it: deleting them unseen makes models worse")
            + Finding.about(
                outliers.map { entry(train[$0.picture], value: $0.cosine) }, .outlier,
                measure: "cosine to the nearest of its class", threshold: outliers.map(\.threshold).max(),
                "unlike all others of its class", advice: "look at it: it may not belong here at all")
        return (
            findings,
            .init(correct: right, total: train.count, isWeakEvidence: found.isWeakEvidence, strength: answers.strength)
        )
    }

    /// Classes that can be told without looking at what the pictures show.
    func shortcutFindings(_ train: [Int]) -> [Finding] {
        let known = train.compactMap { index in read(index).map { (index, $0) } }
        func fact(_ name: String, _ value: (PictureFacts) -> Double) -> Shortcuts.Fact {
            Shortcuts.Fact(name, known.map { value($0.1) })
        }
        var facts = [
            fact("width") { Double($0.file.width) },
            fact("height") { Double($0.file.height) },
            fact("shape") { Double($0.file.width) / Double(max(1, $0.file.height)) },
            fact("bytes a pixel") { $0.file.bytesPerPixel },
            fact("JPEG quality (sum of the quantisation tables)") { Double($0.file.quantisation) },
            fact("brightness of the border") { $0.quality.borderMean },
            fact("evenness of the border") { $0.quality.borderDeviation },
            fact("warmth of the border") { $0.quality.borderWarmth },
            fact("greenness of the border") { $0.quality.borderGreenness },
            Shortcuts.Fact(
                "a camera named in the file", known.map { $0.1.file.camera.isEmpty ? 0 : 1 }, isYesOrNo: true),
        ]
        let least = Shortcuts().leastPictures / 2
        func each(_ text: (FileFacts) -> String, name: (String) -> String) -> [Shortcuts.Fact] {
            Shortcuts.Fact.each(known.map { text($0.1.file) }, least: least, name: name)
        }
        facts += each(\.format) { "the format \($0)" }
        facts += each(\.camera) { "the camera '\($0.onOneLine)'" }
        facts += each(\.tables) { "JPEG quantisation tables (\($0))" }
        let labels = known.map { cases[$0.0].label }
        return Shortcuts().find(facts, labels: labels, classes: classes.count, threads: threads).map { found in
            Finding(
                kind: .shortcut, entries: [], measure: "distance of the distributions of \(found.fact)",
                threshold: Shortcuts().leastDistance,
                message:
                    "'\(classes[found.label])' can be told by \(found.fact): "
                    + (found.isShare
                        ? "\(Self.percent(found.usual)) of it, \(Self.percent(found.otherUsual)) of the others"
                        : "median \(Self.short(found.usual)), of the others \(Self.short(found.otherUsual))")
                    + ", distance \(Self.short(found.distance))",
                advice: "mend it: a model would learn that in place of what the pictures show")
        }
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// Three digits.
    private static func short(_ value: Double) -> String {
        if abs(value) >= 100 { return "\(Int(value.rounded()))" }
        let scaled = (value * 100).rounded() / 100
        return scaled == scaled.rounded() ? "\(Int(scaled))" : "\(scaled)"
    }
}
