/// One of several sets of weights in a file: a model's own, its moving average, another network's.
public struct WeightSet: Sendable, Hashable {
    /// The keys that lead to it, joined by dots: `state_dict_ema`; empty for tensors that lie in no dict.
    public let name: String
    /// The number of tensors.
    public let tensors: Int
    /// The number of values.
    public let values: Int

    /// Whether the name says that the weights are an average over steps of training, or another network's copy of them.
    public var isAveraged: Bool { Self.isAveraged(name) }

    /// Whether the name says that it is no model's but a training's.
    var isTraining: Bool {
        let first = name.split(separator: ".").first.map(String.init) ?? ""
        return !Self.words(in: first).isDisjoint(with: Self.trainingWords)
    }

    package static func isAveraged(_ name: String) -> Bool { !words(in: name).isDisjoint(with: averageWords) }

    /// `modelEMA.module` has the words model, ema and module.
    package static func words(in name: String) -> Set<String> {
        var words: Set<String> = []
        var word = ""
        var wasLower = false
        for character in name {
            let starts = character.isUppercase && wasLower
            if starts || !character.isLetter {
                if !word.isEmpty { words.insert(word) }
                word = ""
            }
            if character.isLetter { word += character.lowercased() }
            wasLower = character.isLowercase
        }
        if !word.isEmpty { words.insert(word) }
        return words
    }

    private static let averageWords: Set<String> = [
        "ema", "averaged", "average", "avg", "swa", "teacher", "momentum", "shadow", "target", "polyak",
    ]
    private static let trainingWords: Set<String> = [
        "optimizer", "optimizers", "optimiser", "optim", "opt", "scheduler", "schedulers", "scaler", "rng", "sampler",
        "callbacks", "loops", "metrics", "metric", "history", "criterion", "loss", "buffers",
    ]
}

/// A value beside a checkpoint's tensors that Python would build by calling something, and that Graft never builds.
package struct OpaqueValue: Sendable, Hashable {
    /// The keys that lead to it, joined by dots; `…` for a place in a list.
    package let path: String
    /// What Python would call: `argparse.Namespace`.
    package let type: String

    package init(path: String, type: String) {
        self.path = path
        self.type = type
    }
}

/// A tensor of a kind that is not read: quantised, sparse, complex. It is no obstacle to reading the others.
package struct RefusedTensor: Sendable, Hashable {
    /// The name, as the file has it.
    package let name: String
    /// What it is: `a quantised tensor`.
    package let kind: String

    package init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}

/// Which of a file's sets is meant where nobody says: a model's own weights before averages of them, and these before
/// what belongs to the training.
struct WeightSetChoice {
    /// Indices into the sets; several where none of them stands out and all are taken together.
    let chosen: [Int]
    /// The keys that all the chosen ones begin with.
    let depth: Int

    /// The keys that training scripts keep a model's tensors under, the likeliest first.
    static let keys = [
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module",
    ]

    /// One of them.
    init(only index: Int, depth: Int) {
        chosen = [index]
        self.depth = depth
    }

    /// - Parameters:
    ///   - paths: the keys that lead to each set.
    ///   - tensors: the number of its tensors.
    init(_ paths: [[String]], tensors: [Int]) {
        func set(_ index: Int) -> WeightSet {
            WeightSet(name: paths[index].joined(separator: "."), tensors: 0, values: 0)
        }
        var left = paths.indices.filter { !set($0).isTraining }
        if left.isEmpty { left = Array(paths.indices) }
        var depth = 0
        while left.count > 1 || left.count == 1 && paths[left[0]].count > depth {
            let deeper = left.filter { paths[$0].count > depth }
            if let key = Self.keys.first(where: { key in deeper.contains { paths[$0][depth] == key } }) {
                left = deeper.filter { paths[$0][depth] == key }
            } else if let here = left.first(where: { paths[$0].count == depth }),
                deeper.allSatisfy({ tensors[$0] <= tensors[here] })
            {
                // A dict among a state dict's tensors is a module's own state; tensors beside a larger dict are figures.
                left = [here]
                break
            } else if deeper.count < left.count {
                left = deeper
                continue
            } else if Set(deeper.map { paths[$0][depth] }).count > 1 {
                let plain = deeper.filter { !WeightSet.isAveraged(paths[$0][depth]) }
                guard !plain.isEmpty, Set(plain.map { paths[$0][depth] }).count == 1 else {
                    if !plain.isEmpty { left = plain }
                    break
                }
                left = plain
            }
            depth += 1
        }
        chosen = left
        self.depth = depth
    }
}
