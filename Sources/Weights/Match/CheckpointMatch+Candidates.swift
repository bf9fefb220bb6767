import Zoo

extension CheckpointMatch {
    /// A set of the file's, with something left out at the front of its names, that may be the model.
    struct Candidate {
        let file: WeightFile
        let fit: NameFit
        /// What fits as well and was not taken.
        private(set) var alternatives: [String] = []
        private let isDefault: Bool
        private let isAveraged: Bool
        private let isTraining: Bool

        /// - Parameter counters: the file's tensors that are called `n_averaged`: PyTorch's AveragedModel counts its steps
        ///   beside the module that it wraps.
        private init(_ file: WeightFile, _ fit: NameFit, isDefault: Bool, counters: Set<String> = []) {
            self.file = file
            self.fit = fit
            self.isDefault = isDefault
            isTraining = file.set?.isTraining ?? false
            let isCounted =
                fit.prefix.hasSuffix("module.")
                && counters.contains(fit.prefix.dropLast("module.".count) + "n_averaged")
            isAveraged = isCounted || WeightSet.isAveraged(Self.label(file, fit))
        }

        /// The set's name and the front of its tensors' names: what `--weights` takes.
        private static func label(_ file: WeightFile, _ fit: NameFit) -> String {
            let parts = [file.set?.name ?? "", String(fit.prefix.dropLast())].filter { !$0.isEmpty }
            return parts.joined(separator: ".")
        }

        private var label: String { Self.label(file, fit) }
        private var shownLabel: String { label.isEmpty ? "(outermost)" : label }

        /// Whether a user who says `choice` means this one.
        private func isMeant(by choice: String) -> Bool {
            let word = choice.lowercased()
            return label == choice || file.set?.name == choice || fit.prefix == choice || fit.prefix == choice + "."
                || WeightSet.words(in: label).contains(word)
                || isAveraged && ["ema", "averaged", "average"].contains(word)
        }

        /// The lower, the likelier; equal ones cannot be told apart.
        private var rank: (Int, Int, Int, Int) {
            (isTraining ? 1 : 0, isAveraged ? 1 : 0, isDefault ? 0 : 1, fit.prefix.count { $0 == "." })
        }

        /// Sets beyond this number are an optimiser's.
        private static let setLimit = 64

        static func best(
            in file: WeightFile, for wanted: [String: [Int]], rename: (String) -> String?, choice: String?
        ) throws(GraftError) -> Candidate {
            var files = [file]
            for set in file.sets.prefix(setLimit) where set != file.set {
                // One that is damaged is not the model's, or a set that is taken would have been it.
                if let other = try? file.choosing(set.name) { files.append(other) }
            }
            var complete: [Candidate] = []
            var partial: [Candidate] = []
            for (number, file) in files.enumerated() {
                // A set that was joined with others is found there already.
                if number > 0, files[0].set == nil, !complete.isEmpty, choice == nil { break }
                let tensors =
                    file.entries.map { (name: $0.name, shape: Optional($0.shape)) }
                    + file.refused.map { (name: $0.name, shape: nil) }
                var fits = NameFit.all(tensors, for: wanted, rename: rename)
                if !fits.contains(where: { $0.fitting.count == wanted.count }),
                    let addition = Self.commonTop(of: wanted)
                {
                    fits += NameFit.all(tensors, for: wanted, addition: addition, rename: rename)
                }
                let counters = Set(file.entries.lazy.map(\.name).filter { $0.hasSuffix("n_averaged") })
                for fit in fits {
                    let candidate = Candidate(file, fit, isDefault: number == 0, counters: counters)
                    if fit.fitting.count == wanted.count { complete.append(candidate) }
                    partial.append(candidate)
                }
            }
            if let choice { return try chosen(choice, complete, partial, in: file) }
            guard !complete.isEmpty else {
                let order: (Candidate) -> (Int, Int, Int, Int) = {
                    ($0.isTraining ? 0 : 1, $0.fit.fitting.count, $0.fit.names.count, -$0.fit.prefix.count)
                }
                return partial.max { order($0) < order($1) } ?? Candidate(file, NameFit(), isDefault: true)
            }
            return try unique(complete, in: file)
        }

        private static func chosen(
            _ choice: String, _ complete: [Candidate], _ partial: [Candidate], in file: WeightFile
        ) throws(GraftError) -> Candidate {
            let meant = complete.filter { $0.isMeant(by: choice) }
            if !meant.isEmpty {
                let exact = meant.filter { $0.label == choice }
                return try unique(exact.isEmpty ? meant : exact, in: file)
            }
            let order: (Candidate) -> (Int, Int) = { ($0.fit.fitting.count, $0.fit.names.count) }
            if let best = partial.filter({ $0.isMeant(by: choice) }).max(by: { order($0) < order($1) }) { return best }
            let labels = complete.isEmpty ? file.sets.map(\.name).filter { !$0.isEmpty } : complete.map(\.shownLabel)
            throw GraftError(
                .unknownName, "the file has no weights '\(choice)'", file: file.path,
                expected: labels.isEmpty ? "no name: it holds one set" : "one of: \(labels.joined(separator: ", "))",
                remedy: nearestName(to: choice, among: labels).map { "did you mean '\($0)'?" })
        }

        private static func unique(_ candidates: [Candidate], in file: WeightFile) throws(GraftError) -> Candidate {
            let ordered = candidates.sorted { $0.rank < $1.rank }
            guard var best = ordered.first else {
                throw GraftError(.weights, "no weights of the model in this file", file: file.path)
            }
            let equal = ordered.filter { $0.rank == best.rank }
            guard equal.count == 1 else {
                throw GraftError(
                    .weights, "several sets of weights in the file fit the model", file: file.path,
                    found: equal.map(\.shownLabel).joined(separator: ", "),
                    remedy: "name one: --weights NAME, or weights.set of a configuration")
            }
            best.alternatives = ordered.dropFirst().filter { $0.file.set == best.file.set }.map(\.shownLabel)
            return best
        }

        /// `features.` where every name of the model begins so.
        private static func commonTop(of wanted: [String: [Int]]) -> String? {
            guard let first = wanted.keys.first?.prefix(while: { $0 != "." }) else { return nil }
            let top = first + "."
            return wanted.keys.allSatisfy { $0.hasPrefix(top) } ? String(top) : nil
        }
    }
}
