import Inference

extension Doctor {
    /// Who is a copy of whom, and what follows.
    struct Copies {
        var findings: [Finding] = []
        /// The same number for pictures that belong in one fold.
        let groups: [Int]

        init(_ doctor: Doctor, rows: UnitRows, progress: @Sendable (Double) -> Void) {
            let cases = doctor.cases
            // Files of the same bytes are compared once.
            let (equal, alone) = CopyGroup.separated(cases.indices.map(doctor.read))
            let near = CopySearch().pairs(alone, features: rows, threads: doctor.threads, progress: progress)
            groups = CopyGroup.folds(count: cases.count, equal: equal, near: near.map { ($0.first, $0.second) })
            func precedes(_ a: Int, _ b: Int) -> Bool { doctor.rank(a) < doctor.rank(b) }
            let members = Dictionary(grouping: cases.indices.filter { doctor.read($0) != nil }) {
                doctor.read($0)?.digest ?? ""
            }
            var links = near.map { ($0.first, $0.second) }
            add(
                members.values.filter { $0.count > 1 }.map { group in
                    let sorted = group.sorted(by: precedes)
                    return CopyGroup(kept: sorted[0], copies: Array(sorted.dropFirst()))
                }.sorted { $0.kept < $1.kept }, equal: true, doctor
            ) { _, _ in nil }
            // A near copy of one file is one of all its equals; the best of them speaks for the rest.
            links = links.map { pair in
                func best(_ index: Int) -> Int {
                    members[doctor.read(index)?.digest ?? ""]?.min(by: precedes) ?? index
                }
                return (best(pair.0), best(pair.1))
            }
            let cosine = Dictionary(
                zip(links, near).map { (Set([$0.0, $0.1]), Double(max($1.cosine, $1.correlation))) }
            ) { max($0, $1) }
            add(
                CopyGroup.groups(count: cases.count, pairs: links, precedes: precedes).sorted { $0.kept < $1.kept },
                equal: false, doctor
            ) { cosine[Set([$0, $1])] }
        }

        /// Sorts the copies by what is wrong about them.
        private mutating func add(
            _ found: [CopyGroup], equal: Bool, _ doctor: Doctor, _ value: (Int, Int) -> Double?
        ) {
            var entries: [Finding.Kind: [Finding.Entry]] = [:]
            for group in found {
                for copy in group.copies {
                    let (a, b) = (doctor.cases[group.kept], doctor.cases[copy])
                    let kind: Finding.Kind =
                        if a.isTest != b.isTest {
                            equal ? .equalAcrossSets : .copyAcrossSets
                        } else if a.label != b.label {
                            equal ? .equalAcrossClasses : .copyAcrossClasses
                        } else {
                            equal ? .equal : .copy
                        }
                    entries[kind, default: []].append(
                        doctor.entry(
                            copy, value: value(group.kept, copy), other: group.kept,
                            suggested: a.label != b.label ? a.label : nil))
                }
            }
            let what = equal ? "the same file" : "nearly the same picture"
            let measure = equal ? "" : "similarity"
            let threshold = equal ? nil : Double(CopySearch().cosine)
            for kind in Finding.Kind.allCases {
                let (message, advice) =
                    switch kind {
                    case .equalAcrossSets, .copyAcrossSets:
                        (
                            "\(what) in the training and the test set",
                            "drop the one in the test set: accuracy on it means nothing"
                        )
                    case .equalAcrossClasses, .copyAcrossClasses:
                        ("\(what) in two classes", "look at both and move or drop one: only a person can tell")
                    default: ("\(what) more than once", "keep one: the larger one, or the first")
                    }
                findings += Finding.about(
                    entries[kind] ?? [], kind, measure: measure, threshold: threshold, message, advice: advice)
            }
        }
    }

    /// The lower is rather kept: training before test, large before small.
    private func rank(_ index: Int) -> Rank {
        let file = read(index)?.file
        return Rank(
            isTest: cases[index].isTest ? 1 : 0, pixels: -((file?.width ?? 0) * (file?.height ?? 0)),
            bytes: -(file?.bytes ?? 0), index: index)
    }

    private struct Rank: Comparable {
        let isTest: Int
        let pixels: Int
        let bytes: Int
        let index: Int

        static func < (a: Rank, b: Rank) -> Bool {
            (a.isTest, a.pixels, a.bytes, a.index) < (b.isTest, b.pixels, b.bytes, b.index)
        }
    }
}
