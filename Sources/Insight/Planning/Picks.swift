import Engine
package import Images
package import Inference
import Weights
package import Zoo

/// Pictures to label next: the document of `graft pick --json`.
package struct Picks: Sendable {
    /// A picture, and what the model says of it so far.
    package struct Pick: Sendable, Hashable {
        package let path: String
        /// The most probable class; nil without a model of the user's own.
        package let guess: String?
        package let probability: Double?
        /// The lead over the next class: the smaller, the more is learnt from the picture.
        package let margin: Double?
    }

    /// The most doubtful first.
    package let picks: [Pick]
    /// Pictures that are none of the model's classes; they are not among the picks.
    package let strangers: [String]
    /// Near copies of others, of which one is enough.
    package let copies: Int
    package let skipped: [SkippedFile]

    /// - Parameter greys: of each picture, nil for one that cannot be read.
    package init(
        _ paths: [String], greys: [SmallGrey?], table: FeatureTable, by loaded: LoadedModel, count: Int
    ) throws(GraftError) {
        let read = table.read
        let rows = table.rows.rows(read)
        let pairs = CopySearch().pairs(read.map { greys[$0] }, features: UnitRows(rows), threads: loaded.threads)
        let groups = CopyGroup.components(count: read.count, pairs: pairs.map { ($0.first, $0.second) })
        let probabilities = loaded.isTrained ? try table.probabilities(by: loaded) : nil
        var excluded: Set<Int> = []
        if let strangers = try StrangerScore(loaded.metadata.noneOfThese), let probabilities {
            for row in read.indices {
                let score = strangers.score(
                    features: Array(rows[row]), confidence: probabilities[row].max() ?? 0)
                if strangers.isStranger(score) { excluded.insert(row) }
            }
        }
        let chosen = PictureChoice.choose(
            count, features: rows, probabilities: probabilities, groups: groups, excluded: excluded,
            threads: loaded.threads)
        picks = chosen.map { row in
            let answer = probabilities?[row]
            let best = answer.flatMap { values in values.indices.max { values[$0] < values[$1] } }
            return Pick(
                path: paths[read[row]], guess: best.map { loaded.classes[$0] },
                probability: best.flatMap { answer?[$0] }, margin: answer.map(PictureChoice.margin))
        }
        strangers = excluded.sorted().map { paths[read[$0]] }
        copies = read.count - Set(groups).count
        skipped = table.skipped
    }

    /// A table to label in: `path,class,guess,probability`, with the class left empty.
    package var csv: String {
        CSVText.table(
            [["path", "class", "guess", "probability"]]
                + picks.map {
                    [$0.path.shown, "", $0.guess ?? "", $0.probability.map { NumberText.fixed($0, 4) } ?? ""]
                })
    }
}
