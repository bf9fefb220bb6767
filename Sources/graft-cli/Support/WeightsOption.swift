import ArgumentParser

/// `--weights`, the same for every command that reads checkpoints of other programs.
enum WeightsOption {
    static let help = ArgumentHelp(
        "Which of several sets of weights: a name that graft inspect lists, or a word in it, as ema. Without it a model's own "
            + "weights are taken, not averages of them.", valueName: "name")
}
