public import Zoo

extension WeightFile {
    /// The same file with the set that a user means: by its name, by a word in it (`ema`), or by saying that it is an average.
    /// - Throws: `GraftError.unknownName` with the sets that there are, where none or more than one is meant.
    public func meaning(_ choice: String) throws(GraftError) -> WeightFile {
        let word = choice.lowercased()
        let exact = sets.filter { $0.name == choice }
        let worded =
            exact.isEmpty ? sets.filter { !$0.isTraining && WeightSet.words(in: $0.name).contains(word) } : exact
        let meant =
            worded.isEmpty && ["ema", "averaged", "average"].contains(word) ? sets.filter(\.isAveraged) : worded
        guard meant.count == 1, let set = meant.first else {
            let names = sets.map(\.name).filter { !$0.isEmpty }
            throw GraftError(
                .unknownName, "the file has \(meant.isEmpty ? "no" : "several") weights '\(choice)'", file: path,
                expected: names.isEmpty ? "no name: it holds one set" : "one of: \(names.joined(separator: ", "))",
                remedy: nearestName(to: choice, among: names).map { "did you mean '\($0)'?" })
        }
        return try choosing(set.name)
    }
}
