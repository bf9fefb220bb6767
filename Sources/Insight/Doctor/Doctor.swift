package import Inference
package import Zoo

/// Looks at a data set and says what is wrong with it. It reads only.
package struct Doctor: Sendable {
    /// A picture and where it stands.
    package struct Case: Sendable, Hashable {
        package let path: String
        package let label: Int
        package let isTest: Bool

        package init(path: String, label: Int, isTest: Bool) {
            self.path = path
            self.label = label
            self.isTest = isTest
        }
    }

    let cases: [Case]
    let classes: [String]
    let facts: [Result<PictureFacts, GraftError>]
    /// A row a picture; zeros for one that cannot be read.
    let features: FeatureRows
    let threads: Int

    /// - Parameters:
    ///   - cases: every picture, those to train on first.
    ///   - facts: of each picture, or why it cannot be read.
    ///   - features: `[N, F]`, zeros for a picture that cannot be read.
    package init(
        _ cases: [Case], classes: [String], facts: [Result<PictureFacts, GraftError>], features: FeatureRows,
        threads: Int
    ) {
        precondition(cases.count == facts.count && cases.count == features.count, "facts and a row for each picture")
        self.cases = cases
        self.classes = classes
        self.facts = facts
        self.features = features
        self.threads = threads
    }

    /// Everything, the most important first.
    /// - Parameter progress: the share of the comparisons that is done.
    package func examine(progress: @Sendable (Double) -> Void = { _ in }) -> DoctorReport {
        let rows = UnitRows(features)
        let copies = Copies(self, rows: rows, progress: progress)
        let train = cases.indices.filter { !cases[$0].isTest && read($0) != nil }
        var findings = damage() + copies.findings + fileFindings() + qualityFindings() + balanceFindings(train)
        let (labelFindings, outside) = labels(train, groups: copies.groups)
        findings += labelFindings + shortcutFindings(train)
        let order = Dictionary(
            uniqueKeysWithValues: Finding.Kind.allCases.enumerated().map { ($1, $0) })
        let sorted = findings.enumerated().sorted {
            (order[$0.element.kind] ?? 0, $0.offset) < (order[$1.element.kind] ?? 0, $1.offset)
        }
        return DoctorReport(
            classes: classes.enumerated().map { label, name in
                func count(_ isTest: Bool) -> Int {
                    cases.indices.count {
                        cases[$0].label == label && cases[$0].isTest == isTest && read($0) != nil
                    }
                }
                return .init(name: name, train: count(false), test: count(true))
            },
            pictures: cases.count, outOfFold: outside, findings: sorted.map(\.element), groups: copies.groups)
    }

    /// What is known of a picture that could be read.
    func read(_ index: Int) -> PictureFacts? { try? facts[index].get() }

    func entry(
        _ index: Int, value: Double? = nil, other: Int? = nil, suggested: Int? = nil, note: String? = nil,
        nearest: (own: String?, suggested: String?) = (nil, nil)
    ) -> Finding.Entry {
        Finding.Entry(
            path: cases[index].path, label: classes[cases[index].label], value: value,
            other: other.map { cases[$0].path }, suggested: suggested.map { classes[$0] }, note: note,
            nearestOfClass: nearest.own, nearestOfSuggested: nearest.suggested)
    }

    private func damage() -> [Finding] {
        var entries: [Finding.Entry] = []
        for index in cases.indices {
            guard case .failure(var error) = facts[index] else { continue }
            error.context.file = nil
            entries.append(entry(index, note: error.description))
        }
        guard !entries.isEmpty else { return [] }
        return [
            Finding(
                kind: .damaged, entries: entries, measure: "", threshold: nil, message: "cannot be read",
                advice: "get another copy, or drop it")
        ]
    }
}

extension Finding {
    /// One finding, or none where it is about no picture.
    static func about(
        _ entries: [Entry], _ kind: Kind, measure: String = "", threshold: Double? = nil, _ message: String,
        advice: String
    ) -> [Finding] {
        guard !entries.isEmpty else { return [] }
        return [
            Finding(
                kind: kind, entries: entries, measure: measure, threshold: threshold, message: message,
                advice: advice)
        ]
    }
}
