import Zoo

/// The option `binary` of heads: one logit for two classes, read through a sigmoid. Positive logits mean the second class.
struct BinaryOption {
    let isOn: Bool

    init(options: inout Options) throws(GraftError) { isOn = try options.bool("binary") ?? false }

    /// What a model file records: nothing for the default.
    var options: [String: OptionValue] { isOn ? ["binary": .bool(true)] : [:] }

    func outputs(classes: Int) throws(GraftError) -> Int {
        guard isOn else { return classes }
        guard classes <= 2 else {
            throw GraftError(
                .invalidValue, "one value cannot tell that many classes apart", parameter: "head.binary",
                expected: "2 classes", found: "\(classes)", remedy: "leave out binary")
        }
        return 1
    }
}
