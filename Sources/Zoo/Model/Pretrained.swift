/// Published weights of a backbone: what they are, where they come from and how good they are. Stands beside the
/// architecture that it belongs to.
public struct PretrainedEntry: Sendable, Hashable {
    /// The entry's name under its backbone: `imagenet1k_v1`.
    public var name: String
    /// Where the publisher keeps the checkpoint.
    public var url: String
    /// SHA-256 of that file in hexadecimal: in full, or the leading digits that the publisher states.
    public var sha256Prefix: String
    /// The file's length, where the publisher states it.
    public var bytes: Int?
    /// What the weights were trained with; they are right for nothing else.
    public var preprocessing: Preprocessing
    /// Class names in the order of the outputs.
    public var classes: [String]
    /// Top-1 accuracy in per cent on the publisher's test set, and the source of the number.
    public var accuracy: Double
    /// The weights' licence, by its SPDX name.
    public var licence: String
    /// Who published it, and where that is documented.
    public var source: String

    /// The facts; see the properties.
    public init(
        name: String, url: String, sha256Prefix: String, bytes: Int? = nil, preprocessing: Preprocessing,
        classes: [String], accuracy: Double, licence: String, source: String
    ) {
        self.name = name
        self.url = url
        self.sha256Prefix = sha256Prefix
        self.bytes = bytes
        self.preprocessing = preprocessing
        self.classes = classes
        self.accuracy = accuracy
        self.licence = licence
        self.source = source
    }
}
