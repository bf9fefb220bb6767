/// One thing that is wrong with a data set, or looks so, and the pictures that it is about.
package struct Finding: Sendable, Hashable {
    /// What it is, in the order of importance.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case equalAcrossSets = "equal_across_sets"
        case copyAcrossSets = "copy_across_sets"
        case damaged
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
    package struct Entry: Sendable, Hashable {
        /// The file as it was named.
        package let path: String
        /// The class that its folder says.
        package let label: String
        /// What the finding's `measure` names.
        package let value: Double?
        /// The other picture that it is about: the one to keep.
        package let other: String?
        /// The class that it might belong to.
        package let suggested: String?
        /// What a person should know beside.
        package let note: String?
        /// Where another class is suggested, the picture of its own class that is most like it, to look at beside it.
        package let nearestOfClass: String?
        /// The picture of the suggested class that is most like it.
        package let nearestOfSuggested: String?

        package init(
            path: String, label: String, value: Double? = nil, other: String? = nil, suggested: String? = nil,
            note: String? = nil, nearestOfClass: String? = nil, nearestOfSuggested: String? = nil
        ) {
            self.path = path
            self.label = label
            self.value = value
            self.other = other
            self.suggested = suggested
            self.note = note
            self.nearestOfClass = nearestOfClass
            self.nearestOfSuggested = nearestOfSuggested
        }
    }

    /// What it is.
    package let kind: Kind
    /// The pictures, the worst first; for findings about a class none.
    package let entries: [Entry]
    /// What was measured; empty where there was nothing to measure.
    package let measure: String
    /// From where on it counts.
    package let threshold: Double?
    /// What was found, as one clause.
    package let message: String
    /// What to do about it.
    package let advice: String

    /// Pictures.
    package var count: Int { entries.count }

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
