package import Zoo

/// What a file format must be able to do to be read: state its tensors, then give the values of any one of them.
///
/// `WeightFile` picks the reader by the file's content. Tensors are read on several threads at once.
package protocol WeightReader: Sendable {
    /// Reads what the file says about its tensors, not their values.
    init(_ file: MappedFile) throws(GraftError)

    /// Every tensor, in the order of the file. Names differ.
    var entries: [TensorEntry] { get }

    /// What the file says about the model, where it is one of Graft's own.
    var metadata: ModelMetadata? { get }

    /// Class names that the file states beside its tensors, where another program wrote it.
    func classes() throws(GraftError) -> [String]?

    /// What a person should know: where in the file the tensors were found, what was left out.
    var notes: [String] { get }

    /// The values of `entries[index]`, row-major, all finite.
    ///
    /// `TensorEntry.values(file:fill:)` does the conversion to float32 and the checks.
    func values(at index: Int) throws(GraftError) -> [Float]
}

extension WeightReader {
    package var metadata: ModelMetadata? { nil }
    package var notes: [String] { [] }
    package func classes() throws(GraftError) -> [String]? { metadata?.classes }
}
