/// What `graft doctor` found: its document under `--json`.
package struct DoctorReport: Sendable, Hashable {
    /// A class and its pictures.
    package struct Class: Sendable, Hashable {
        /// The folder's name.
        package let name: String
        /// Pictures to train on that can be read.
        package let train: Int
        /// Pictures to test on that can be read.
        package let test: Int
    }

    /// How well a model can tell the classes apart, each picture by one that has not seen it.
    package struct Outside: Sendable, Hashable {
        /// Right answers.
        package let correct: Int
        /// Pictures.
        package let total: Int
        /// Whether it errs too often to speak against a label.
        package let isWeakEvidence: Bool
        /// The inverse of the penalty that suited them best.
        package let strength: Double
    }

    /// The classes in the order of the labels.
    package let classes: [Class]
    /// All pictures that were looked at.
    package let pictures: Int
    /// Out-of-fold answers to the training pictures; nil where there were too few.
    package let outOfFold: Outside?
    /// The most important first.
    package let findings: [Finding]

    /// Of each picture, the same number for copies of one another.
    package let groups: [Int]

    /// Whether nothing was found.
    package var isClean: Bool { findings.isEmpty }

    package init(classes: [Class], pictures: Int, outOfFold: Outside?, findings: [Finding], groups: [Int] = []) {
        self.classes = classes
        self.pictures = pictures
        self.outOfFold = outOfFold
        self.findings = findings
        self.groups = groups
    }
}
