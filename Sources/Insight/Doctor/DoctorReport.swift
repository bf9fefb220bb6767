/// What `graft doctor` found: its document under `--json`.
public struct DoctorReport: Sendable, Hashable {
    /// A class and its pictures.
    public struct Class: Sendable, Hashable {
        /// The folder's name.
        public let name: String
        /// Pictures to train on that can be read.
        public let train: Int
        /// Pictures to test on that can be read.
        public let test: Int
    }

    /// How well a model can tell the classes apart, each picture by one that has not seen it.
    public struct Outside: Sendable, Hashable {
        /// Right answers.
        public let correct: Int
        /// Pictures.
        public let total: Int
        /// Whether it errs too often to speak against a label.
        public let isWeakEvidence: Bool
    }

    /// The classes in the order of the labels.
    public let classes: [Class]
    /// All pictures that were looked at.
    public let pictures: Int
    /// Out-of-fold answers to the training pictures; nil where there were too few.
    public let outOfFold: Outside?
    /// The most important first.
    public let findings: [Finding]

    /// Whether nothing was found.
    public var isClean: Bool { findings.isEmpty }

    package init(classes: [Class], pictures: Int, outOfFold: Outside?, findings: [Finding]) {
        self.classes = classes
        self.pictures = pictures
        self.outOfFold = outOfFold
        self.findings = findings
    }
}
