public import Zoo

/// How a table of pictures is to be understood; whatever is nil, its columns say.
public struct TableReading: Sendable, Hashable {
    /// What is to be learnt.
    public var task: ModelTask?
    /// What parts the labels of a picture in the column `labels`; nil for `;`, `|` or a comma, whichever is there.
    public var separator: String?

    /// As the columns say.
    public init(task: ModelTask? = nil, separator: String? = nil) {
        self.task = task
        self.separator = separator
    }
}
