import Images
import Inference

/// `graft bench --pipeline`: where a picture's time goes.
struct PipelineDocument: Encodable {
    private struct Stage: Encodable {
        let stage: String
        let medianMs: Double
    }

    private let backbone: String
    private let isa: String
    private let pictures: Int
    private let drawn: Bool
    private let stages: [Stage]
    private let sumMs: Double
    private let threads: Int
    private let picturesPerSecond: Double
    private let skipped: [SkippedFile]

    /// - Parameter drawn: whether Graft drew the pictures itself.
    init(_ timing: PipelineTiming, backbone: String, isa: String, drawn: Bool) {
        self.backbone = backbone
        self.isa = isa
        self.drawn = drawn
        pictures = timing.pictures
        stages = PipelineTiming.Stage.allCases.map {
            Stage(stage: $0.rawValue, medianMs: timing.milliseconds[$0] ?? 0)
        }
        sumMs = timing.sum
        threads = timing.threads
        picturesPerSecond = timing.picturesPerSecond
        skipped = timing.skipped
    }

    func show() {
        print("\(backbone), \(pictures) \(drawn ? "drawn pictures of 512x384" : "pictures"), \(isa)\n")
        var table = TextTable([("STAGE", .left), ("MEDIAN ms", .right), ("SHARE", .right)])
        for stage in stages {
            table.add(stage.stage, decimals(stage.medianMs, 3), "\(decimals(100 * stage.medianMs / sumMs, 1)) %")
        }
        table.add("sum", decimals(sumMs, 3), "")
        table.show()
        print(
            "\nOne after the other: \(decimals(1000 / sumMs, 1)) pictures a second. Overlapped on \(threads) "
                + "\(threads == 1 ? "thread" : "threads"): \(decimals(picturesPerSecond, 1)).")
    }
}
