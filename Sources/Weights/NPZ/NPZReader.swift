/// NumPy's `.npz`: a zip archive of `.npy` members.
struct NPZReader: WeightReader {
    private let archive: ZipArchive
    let entries: [TensorEntry]
    let metadata: ModelMetadata?

    init(_ file: MappedFile) throws(WeightsError) {
        archive = try ZipArchive(file, mode: .strict)
        entries = []
        metadata = nil
    }

    func values(at index: Int) throws(WeightsError) -> [Float] { [] }
}
