import Foundation
import Graft
import Inference
import Zoo

/// An answer as `--format` writes it.
struct AnswerLines: Sendable {
    let format: SeriesFormat
    let table: AnswerTable
    let withLogits: Bool

    /// What stands before all answers.
    var header: [UInt8] { format == .csv ? Array((table.header + ",error\n").utf8) : [] }

    func answer(_ found: Result<Prediction, SkippedFile>) -> PartAnswer {
        switch (format, found) {
        case (.jsonl, .success(let prediction)):
            let document = (withLogits ? prediction : prediction.withoutLogits).document
            return PartAnswer(name: prediction.path, bytes: JSONLine.bytes(document))
        case (.csv, .success(let prediction)):
            let lines = table.rows(prediction).map { $0 + ",\n" }.joined()
            return PartAnswer(name: prediction.path, bytes: Array(lines.utf8))
        case (.jsonl, .failure(let skipped)): return JSONLine.answer(skipped)
        case (.csv, .failure(let skipped)): return TableCell.answer(skipped, columns: table.columns)
        }
    }
}

/// Features as `--format` writes them.
struct FeatureLines: Sendable {
    let format: SeriesFormat
    let width: Int

    /// What stands before all answers.
    var header: [UInt8] {
        format == .csv ? Array((["path"] + (0..<width).map { "f\($0)" } + ["error\n"]).joined(separator: ",").utf8) : []
    }

    func answer(_ found: Result<(name: String, features: [Float]), SkippedFile>) -> PartAnswer {
        switch (format, found) {
        case (.jsonl, .success(let row)):
            return PartAnswer(
                name: row.name, bytes: JSONLine.bytes(["path": row.name.shown, "features": row.features]))
        case (.csv, .success(let row)):
            let cells = [TableCell.text(row.name.shown)] + row.features.map { "\($0)" }
            return PartAnswer(name: row.name, bytes: Array((cells.joined(separator: ",") + ",\n").utf8))
        case (.jsonl, .failure(let skipped)): return JSONLine.answer(skipped)
        case (.csv, .failure(let skipped)): return TableCell.answer(skipped, columns: 1 + width)
        }
    }
}

/// The rows of `predict --csv`, and of `--format csv` without the last column.
struct AnswerTable: Sendable {
    let task: ModelTask
    /// Of the values, for a model that answers numbers.
    let names: [String]

    var header: String {
        switch task {
        case .classification: "path,rank,class,index,probability"
        case .multilabel: "path,rank,class,index,probability,told"
        case .regression: (["path"] + names.map(TableCell.text)).joined(separator: ",")
        }
    }

    var columns: Int {
        switch task {
        case .classification: 5
        case .multilabel: 6
        case .regression: 1 + names.count
        }
    }

    /// A row a class, or one of all values.
    func rows(_ prediction: Prediction) -> [String] {
        let path = TableCell.text(prediction.path.shown)
        if let values = prediction.values {
            return [([path] + values.map { "\(Float($0.value))" }).joined(separator: ",")]
        }
        return prediction.top.enumerated().map { rank, guess in
            "\(path),\(rank + 1),\(TableCell.text(guess.name)),\(guess.index)," + decimals(guess.probability, 6)
                + (prediction.labels.map { $0.contains(guess.name) ? ",1" : ",0" } ?? "")
        }
    }
}

/// A value in a table of RFC 4180.
enum TableCell {
    /// Quoted where a comma, quote or line break makes it necessary.
    static func text(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// A row of empty cells but the first, and the reason in one more.
    fileprivate static func answer(_ skipped: SkippedFile, columns: Int) -> PartAnswer {
        let row = text(skipped.path.shown) + String(repeating: ",", count: columns) + text(skipped.reason.onOneLine)
        return PartAnswer(name: skipped.path, bytes: Array((row + "\n").utf8), fault: skipped.reason)
    }
}

/// A JSON document on one line, keys sorted.
enum JSONLine {
    static func bytes(_ document: JSONDocument) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Fails for numbers that are none, which no answer has.
        let text = (try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return Array(text.onOneLine(backslash: "\\\\").utf8) + [10]
    }

    fileprivate static func answer(_ skipped: SkippedFile) -> PartAnswer {
        PartAnswer(
            name: skipped.path, bytes: bytes(["path": skipped.path.shown, "error": skipped.reason]),
            fault: skipped.reason)
    }
}
