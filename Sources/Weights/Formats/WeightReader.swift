package import Zoo

/// What a file format must be able to do to be read: state its tensors, then give the values of any one of them.
///
/// `WeightFile` picks the reader by the file's content. Tensors are read on several threads at once.
package protocol WeightReader: Sendable {
    /// Every tensor, in the order of the file. Names differ.
    var entries: [TensorEntry] { get }

    /// What the file says about the model, where it is one of Graft's own.
    var metadata: ModelMetadata? { get }

    /// Class names that the file states beside its tensors, where another program wrote it.
    func classes() throws(GraftError) -> [String]?

    /// What a person should know: where in the file the tensors were found, what was left out.
    var notes: [String] { get }

    /// Every set of tensors in the file, in its order; `entries` are of one of them, or of several together.
    var sets: [WeightSet] { get }

    /// The one that `entries` are of; nil for several together.
    var set: WeightSet? { get }

    /// A reader of another of the file's sets.
    /// - Throws: `GraftError.unknownName` for a name that is not among `sets`.
    func choosing(_ set: String) throws(GraftError) -> Self

    /// Objects that were not built.
    var opaque: [OpaqueValue] { get }

    /// Tensors that are named but not read.
    var refused: [RefusedTensor] { get }

    /// The values of `entries[index]`, row-major, all finite.
    ///
    /// `TensorEntry.values(file:fill:)` does the conversion to float32 and the checks.
    func values(at index: Int) throws(GraftError) -> [Float]
}

extension WeightReader {
    package var metadata: ModelMetadata? { nil }
    package var notes: [String] { [] }
    package var opaque: [OpaqueValue] { [] }
    package var refused: [RefusedTensor] { [] }
    package var set: WeightSet? { sets.first }
    package var sets: [WeightSet] {
        [WeightSet(name: "", tensors: entries.count, values: entries.reduce(0) { $0 &+ $1.count })]
    }
    package func choosing(_ set: String) throws(GraftError) -> Self {
        guard set.isEmpty else { throw .unknown("set of weights", set, among: []) }
        return self
    }
    package func classes() throws(GraftError) -> [String]? { metadata?.classes }
}
