public import Images
public import Objectives
import Zoo

/// How well a model does on a folder, and what was left out.
public struct FolderEvaluation: Sendable, Hashable {
    /// The counts and figures.
    public let assessment: Assessment
    /// Pictures that could not be read.
    public let skipped: [SkippedFile]
    /// What a person should know of the folder.
    public let notes: [String]
}
