package import Learning
public import Zoo

/// A run that was stopped after an epoch: what its checkpoint says.
public struct StoppedRun: Sendable {
    /// The directory.
    public let output: String
    /// The configuration as it was written, in YAML.
    public let configuration: String
    /// Epochs that are done.
    public let epochs: Int
    /// What they did.
    package let history: [EpochRecord]

    /// - Parameter output: the run's output directory.
    /// - Throws: `GraftError` `.file` where no run was stopped; another for a damaged checkpoint.
    public init(output: String) throws(GraftError) {
        let checkpoint = try Checkpoint(output: output)
        self.output = output
        configuration = checkpoint.configuration
        history = checkpoint.state.progress.history
        epochs = history.count
    }
}
