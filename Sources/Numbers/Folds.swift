package import Zoo

/// Pictures dealt out so that each is answered by a model that has not seen it, nor a copy of it.
package struct Folds: Sendable, Hashable {
    /// The fold of each picture.
    package let fold: [Int]
    /// The number of folds.
    package let count: Int

    /// As many of every class in each fold as can be.
    /// - Parameters:
    ///   - groups: pictures that stay together, by any number; each picture alone for nil.
    ///   - count: at least 2; fewer are made where no class has as many groups.
    package init(labels: [Int], groups: [Int]? = nil, count wanted: Int = 5, seed: UInt64 = 0) {
        var members: [Int: [Int]] = [:]
        var order: [Int] = []
        for index in labels.indices {
            let group = groups?[index] ?? index
            if members[group] == nil { order.append(group) }
            members[group, default: []].append(index)
        }
        let shuffled = CounterRandom(seed: seed, purpose: .split).permutation(count: order.count, round: 0)
            .map { order[$0] }
        let classes = (labels.max() ?? 0) + 1
        var groupsOfClass = [Int](repeating: 0, count: classes)
        for group in order { groupsOfClass[labels[members[group]?[0] ?? 0]] += 1 }
        let count = max(2, min(wanted, groupsOfClass.max() ?? 2))
        var ofClass = [[Int]](repeating: [Int](repeating: 0, count: count), count: classes)
        var sizes = [Int](repeating: 0, count: count)
        var fold = [Int](repeating: 0, count: labels.count)
        // Large groups first: what is left evens them out.
        let dealt = shuffled.enumerated().sorted {
            (-(members[$0.element]?.count ?? 0), $0.offset) < (-(members[$1.element]?.count ?? 0), $1.offset)
        }
        for (_, group) in dealt {
            let pictures = members[group] ?? []
            guard let first = pictures.first else { continue }
            let label = labels[first]
            let target = (0..<count).min { (ofClass[label][$0], sizes[$0]) < (ofClass[label][$1], sizes[$1]) } ?? 0
            for picture in pictures {
                fold[picture] = target
                ofClass[labels[picture]][target] += 1
                sizes[target] += 1
            }
        }
        self.fold = fold
        self.count = count
    }

    /// The pictures of a fold, and all others.
    package func split(_ index: Int) -> (train: [Int], held: [Int]) {
        (fold.indices.filter { fold[$0] != index }, fold.indices.filter { fold[$0] == index })
    }

    /// A number for each row: the same for rows that are equal, as those of copies are.
    /// - Parameter features: `[N, F]`
    package static func groups(ofEqualRows features: Tensor) -> [Int] {
        let width = features.shape.dropFirst().reduce(1, *)
        var first: [ArraySlice<Float>: Int] = [:]
        return (0..<(features.shape.first ?? 0)).map { row in
            let values = features.elements[row * width..<(row + 1) * width]
            if let known = first[values] { return known }
            first[values] = row
            return row
        }
    }
}
