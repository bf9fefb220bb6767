/// One thing that is wrong with a data set, or looks so, and the pictures that it is about.
public struct Finding: Sendable, Hashable {
    /// What it is, in the order of importance.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case damaged
        case equalAcrossSets = "equal_across_sets"
        case copyAcrossSets = "copy_across_sets"
        case equalAcrossClasses = "equal_across_classes"
        case copyAcrossClasses = "copy_across_classes"
        case equal
        case copy
        case labelSuspect = "label_suspect"
        case shortcut
        case smallClass = "small_class"
        case imbalance
        case blank, dark, bright, blurred
        case wrongFormat = "wrong_format"
        case extremeSize = "extreme_size"
        case extremeShape = "extreme_shape"
        case outlier
    }

    /// A picture, and what was measured.
    public struct Entry: Sendable, Hashable {
        /// The file as it was named.
        public let path: String
        /// The class that its folder says.
        public let label: String
        /// What the finding's `measure` names.
        public let value: Double?
        /// The other picture that it is about: the one to keep.
        public let other: String?
        /// The class that it might belong to.
        public let suggested: String?
        /// What a person should know beside.
        public let note: String?

        package init(
            path: String, label: String, value: Double? = nil, other: String? = nil, suggested: String? = nil,
            note: String? = nil
        ) {
            self.path = path
            self.label = label
            self.value = value
            self.other = other
            self.suggested = suggested
            self.note = note
        }
    }

    /// What it is.
    public let kind: Kind
    /// The pictures, the worst first; for findings about a class none.
    public let entries: [Entry]
    /// What was measured; empty where there was nothing to measure.
    public let measure: String
    /// From where on it counts.
    public let threshold: Double?
    /// What was found, as one clause.
    public let message: String
    /// What to do about it.
    public let advice: String

    /// Pictures.
    public var count: Int { entries.count }

    package init(
        kind: Kind, entries: [Entry], measure: String, threshold: Double?, message: String, advice: String
    ) {
        self.kind = kind
        self.entries = entries
        self.measure = measure
        self.threshold = threshold
        self.message = message
        self.advice = advice
    }
}
