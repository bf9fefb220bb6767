import Inference

/// `graft bench --pipeline`: where a picture's time goes.
struct PipelineFigures {
    let timing: PipelineTiming
    let backbone: String
    let isa: String
    /// Whether Graft drew the pictures itself.
    let drawn: Bool

    /// In order, with the median in milliseconds.
    var stages: [(name: String, median: Double)] {
        PipelineTiming.Stage.allCases.map { ($0.rawValue, timing.milliseconds[$0] ?? 0) }
    }

    func show() {
        print("\(backbone), \(timing.pictures) \(drawn ? "drawn pictures of 512x384" : "pictures"), \(isa)\n")
        var table = TextTable([("STAGE", .left), ("MEDIAN ms", .right), ("SHARE", .right)])
        let sum = timing.sum
        for stage in stages {
            table.add(stage.name, decimals(stage.median, 3), "\(decimals(100 * stage.median / sum, 1)) %")
        }
        table.add("sum", decimals(sum, 3), "")
        table.show()
        print(
            "\nOne after the other: \(decimals(1000 / sum, 1)) pictures a second. Overlapped on \(timing.threads) "
                + "\(timing.threads == 1 ? "thread" : "threads"): \(decimals(timing.picturesPerSecond, 1)).")
    }
}
