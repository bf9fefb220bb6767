import Engine
import Zoo

/// What the trained layers of a phase read of the pictures.
struct PhaseInputs: Sendable {
    /// As they are learnt from.
    let train: any BatchSource
    /// The same pictures as they are tested: nothing random.
    let plainTrain: any BatchSource
    let test: (any BatchSource)?

    /// Bytes of features that are kept in memory; where they would be more, pictures are run again in every epoch.
    static let memoryLimit = 1 << 30
    /// Bytes of features that are worth keeping on disk.
    static let diskLimit = 1 << 28
}
