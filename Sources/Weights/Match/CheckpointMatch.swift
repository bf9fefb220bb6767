package import Zoo

/// Which tensors of a file are a model's, whatever wrapped, averaged or saved it: the common front of the names whose
/// removal makes them fit, the set among several, what is the head's and what is nobody's.
///
/// One value for all who read weights that others saved: training, `import`, `convert`, the base of a head.
package struct CheckpointMatch: Sendable {
    /// The file, with the set that was chosen.
    package let file: WeightFile
    /// What the names begin with before the model's own begin: `module.`, `_orig_mod.model.`; empty for nothing.
    package let prefix: String
    /// The wanted tensors against the file's. Where all of them fit, the head and what lies beside the model are not in it.
    package let report: LoadReport
    /// What stands where the backbone's classifier would.
    package let head: [TensorEntry]
    /// What lies beside the model: a loss, metrics, another copy of the weights.
    package let extra: [TensorEntry]
    /// What a person should know: what was chosen, left out of the names, left aside.
    package let notes: [String]

    private let wanted: [Parameter]
    private let isPublishedHead: Bool
    /// The model's names by the file's.
    private let names: [String: String]
    private let refused: [RefusedTensor]

    /// - Parameters:
    ///   - file: as it was opened; any of its sets may be the model's.
    ///   - parameters: the tensors that are needed.
    ///   - backbone: whose `parameterName(forCheckpointName:)` translates names, and whose classifier tells the head.
    ///   - choice: a set's name, or a word in it (`ema`); nil for a model's own weights before averages of them.
    /// - Throws: `GraftError.unknownName` for a choice that the file does not have, `.weights` where several sets fit and none
    ///   of them stands out.
    package init(
        _ file: WeightFile, for parameters: [Parameter], of backbone: any Backbone, set choice: String? = nil
    ) throws(GraftError) {
        let file = file.joining(backbone.joinedTensors)
        let rename: (String) -> String? = { backbone.parameterName(forCheckpointName: $0) }
        let wanted = Dictionary(parameters.map { ($0.name, $0.shape) }) { first, _ in first }
        let candidate = try Candidate.best(in: file, for: wanted, rename: rename, choice: choice)
        let fit = candidate.fit
        let entries = candidate.file.entries
        var parts = Parts(
            fit, classifierPath: backbone.classifierPath, isModelFile: file.metadata != nil, rename: rename)
        for index in fit.names.keys where index < entries.count { parts.note(top: entries[index].name) }
        for (index, entry) in entries.enumerated() { parts.add(entry, at: index) }
        let isComplete = fit.fitting.count == wanted.count
        // Of a file that does not fit, everything is shown.
        let unexpected = parts.unexpected + (isComplete ? [] : parts.extra)
        let mapped = entries.enumerated().compactMap { index, entry in
            fit.names[index].map { ($0, NameFit.isSame(entry.shape, wanted[$0]) ? wanted[$0] ?? [] : entry.shape) }
        }
        report = LoadReport(mapped + unexpected.map { ($0.name, $0.shape) }, for: parameters)
        self.file = candidate.file
        self.wanted = parameters
        prefix = fit.prefix
        head = parts.head
        extra = isComplete ? parts.extra : []
        let classifier = ["weight", "bias"].map { "\(backbone.classifierPath).\($0)" }
        isPublishedHead = parts.head.allSatisfy { entry in
            entry.name.hasPrefix(fit.prefix)
                && rename(String(entry.name.dropFirst(fit.prefix.count))).map { classifier.contains($0) } ?? false
        }
        names = Dictionary(
            uniqueKeysWithValues: fit.names.compactMap { index, name in
                index < entries.count ? (entries[index].name, name) : nil
            })
        refused = candidate.file.refused.enumerated().compactMap { index, tensor in
            fit.names[entries.count + index] == nil ? nil : tensor
        }
        notes = Self.notes(candidate, extra: extra)
    }

    /// The model's name of a tensor of the file, nil for one that is not the model's.
    package func name(_ fileName: String) -> String? { names[fileName] }

    /// That the head which the file was saved with is not used, for those who take the backbone only; nil where there is
    /// none, and for the one linear layer that the backbone was published with, which is no surprise.
    package var headNote: String? {
        head.isEmpty || isPublishedHead
            ? nil : "the head that the file was saved with is not used: \(Self.describe(head))"
    }

    /// - Parameters:
    ///   - isPartial: whether some of the tensors are enough.
    ///   - remedy: what else the user may do.
    /// - Throws: `GraftError.weights` with the counts and the first names; `.unsupported` for a tensor of a kind that is not
    ///   read.
    package func check(isPartial: Bool = false, remedy: String? = nil) throws(GraftError) {
        if let tensor = refused.first, !isPartial {
            throw GraftError(
                .unsupported, "\(tensor.kind), which is not read", file: file.path, member: tensor.name,
                remedy: "save it as plain numbers: tensor.dequantize(), .to_dense() or .float()")
        }
        guard isPartial else { return try report.check(file: file.path, remedy: remedy) }
        guard report.loaded.isEmpty, !wanted.isEmpty else { return }
        throw GraftError(
            .weights, "none of the file's tensors fits the model", file: file.path,
            expected: "some of \(wanted.count) tensors",
            found: file.entries.first.map { "0 of \(file.entries.count), the first of them \($0.name)" } ?? "no tensor",
            remedy: report.hint ?? "is it another network's file?")
    }

    /// Reads the wanted tensors that are there in their shape, in the model's order.
    /// - Throws: as `WeightFile.load(rename:)`.
    package func load() throws(GraftError) -> StateDict {
        let fitting = Set(report.loaded)
        return try values(of: wanted) { name in names[name].flatMap { fitting.contains($0) ? $0 : nil } }
    }

    /// The file's tensors in a model's shapes and order.
    /// - Parameter rename: as for `WeightFile.load(rename:)`.
    func values(
        of parameters: [Parameter], rename: (String) -> String?
    ) throws(GraftError) -> StateDict {
        let loaded = try file.load(rename: rename)
        var state = StateDict()
        for parameter in parameters {
            guard let tensor = loaded[parameter.name] else { continue }
            let isOtherwiseShaped = tensor.shape != parameter.shape && NameFit.isSame(tensor.shape, parameter.shape)
            state[parameter.name] =
                isOtherwiseShaped ? try Tensor(shape: parameter.shape, elements: tensor.elements) : tensor
        }
        return state
    }

    private static func notes(_ candidate: Candidate, extra: [TensorEntry]) -> [String] {
        let fit = candidate.fit
        var notes = candidate.file.notes
        if !fit.prefix.isEmpty { notes.append("every name is read without '\(fit.prefix)'") }
        if !fit.inner.isEmpty {
            notes.append("left out inside of names: \(fit.inner.sorted().map { "'\($0).'" }.joined(separator: ", "))")
        }
        if !candidate.alternatives.isEmpty {
            notes.append(
                "other weights in the file fit too: \(PickledSets.list(candidate.alternatives)); "
                    + "--weights NAME chooses, or weights.set of a configuration")
        }
        if !extra.isEmpty { notes.append("not the model's, left out: \(describe(extra))") }
        return notes
    }

    private static func describe(_ entries: [TensorEntry]) -> String {
        entries.prefix(4).map { "\($0.name) (\(Tensor.describe($0.shape)))" }.joined(separator: ", ")
            + (entries.count > 4 ? " and \(entries.count - 4) more" : "")
    }
}

extension CheckpointMatch {
    /// What a set's tensors are that are not wanted.
    private struct Parts {
        private(set) var head: [TensorEntry] = []
        private(set) var extra: [TensorEntry] = []
        private(set) var unexpected: [TensorEntry] = []
        private let fit: NameFit
        /// A file of Graft's holds a backbone and a head, and nothing else.
        private let isModelFile: Bool
        private let headPlace: Substring
        private let rename: (String) -> String?
        /// The first words of the model's own names, as the file has them.
        private var tops: Set<Substring> = []

        /// What heads are called, in the families' published networks and in people's own.
        private static let headWords: Set<Substring> = [
            "fc", "_fc", "classifier", "classifiers", "head", "heads", "last_linear", "linear", "logits", "mlp_head",
            "cls",
            "output", "out", "new_fc", "cls_head", "classification_head",
        ]

        init(_ fit: NameFit, classifierPath: String, isModelFile: Bool, rename: @escaping (String) -> String?) {
            self.fit = fit
            self.isModelFile = isModelFile
            headPlace = Self.top(classifierPath[...])
            self.rename = rename
        }

        private static func top(_ name: Substring) -> Substring { name.prefix { $0 != "." } }

        mutating func note(top name: String) { tops.insert(Self.top(name.dropFirst(fit.prefix.count))) }

        mutating func add(_ entry: TensorEntry, at index: Int) {
            guard fit.names[index] == nil else { return }
            guard !entry.name.hasSuffix("num_batches_tracked") else { return }
            guard entry.name.hasPrefix(fit.prefix) else {
                if Self.headWords.contains(Self.top(entry.name[...])) {
                    head.append(entry)
                } else {
                    extra.append(entry)
                }
                return
            }
            let name = String(entry.name.dropFirst(fit.prefix.count))
            guard let renamed = rename(name) else { return }
            let top = Self.top(name[...])
            if isModelFile || top == headPlace || Self.top(renamed[...]) == headPlace {
                head.append(entry)
            } else if tops.contains(top) {
                // A layer more, where the model's own are: another network, though a larger one of the same family.
                unexpected.append(entry)
            } else if Self.headWords.contains(top) {
                head.append(entry)
            } else {
                extra.append(entry)
            }
        }
    }
}
