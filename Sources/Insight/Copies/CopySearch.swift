package import Inference
import Engine

/// Which pictures are copies of one another: recompressed, resized, cut a little, mirrored, turned, made grey.
package struct CopySearch: Sendable {
    /// The most bits in which difference hashes of copies differ.
    package var hashBits = 4
    /// A hash that agrees by chance is a picture with little in it: the small pictures must agree too.
    package var hashCorrelation: Float = 0.85
    /// The least cosine of copies' features.
    package var cosine: Float = 0.80
    /// The least correlation of copies' small pictures, beside that cosine.
    package var correlation: Float = 0.95

    /// The least cosine where only parts of the small pictures need agree: cut, or with a mark on them.
    package var partCosine: Float = 0.85

    package init() {}

    /// Two pictures that are copies.
    package struct Pair: Sendable, Hashable {
        /// The earlier one.
        package let first: Int
        package let second: Int
        package let cosine: Float
        package let correlation: Float
        /// In the difference hash.
        package let bits: Int
    }

    /// Every pair, in order.
    /// - Parameters:
    ///   - pictures: nil for those that could not be read.
    ///   - features: a row a picture.
    ///   - progress: the share that is done.
    package func pairs(
        _ pictures: [SmallGrey?], features: UnitRows, threads: Int, progress: @Sendable (Double) -> Void = { _ in }
    ) -> [Pair] {
        let found = WorkerPool.map(count: pictures.count, threads: threads) { first -> [Pair] in
            guard let picture = pictures[first], !picture.isFlat else { return [] }
            let rest = first + 1..<pictures.count
            let cosines = features.cosines(of: first, with: features, rest)
            var pairs: [Pair] = []
            var windows: GreyWindows?
            for second in rest {
                guard let other = pictures[second], !other.isFlat else { continue }
                let cosine = cosines[second - rest.lowerBound]
                let (bits, way) = picture.distance(to: other)
                var correlation: Float = 0
                if bits <= hashBits { correlation = picture.correlation(with: other, turned: way) }
                let isHash = bits <= hashBits && correlation >= hashCorrelation
                if !isHash {
                    guard cosine >= self.cosine else { continue }
                    correlation = picture.correlation(with: other)
                    if correlation < self.correlation, cosine >= partCosine {
                        let mine = windows ?? GreyWindows(picture, isMirrored: true)
                        windows = mine
                        correlation = picture.correlationOfParts(mine, with: other)
                    }
                    guard correlation >= self.correlation else { continue }
                }
                pairs.append(
                    Pair(first: first, second: second, cosine: cosine, correlation: correlation, bits: bits))
            }
            return pairs
        } done: {
            progress(Double($0) / Double(pictures.count))
        }
        return found.flatMap { $0 }
    }
}

/// Pictures that show the same, around the one to keep.
package struct CopyGroup: Sendable, Hashable {
    /// The one to keep.
    package let kept: Int
    /// The others, each a copy of the kept one: a group is never a chain of pictures that are alike two by two only.
    package let copies: [Int]

    package init(kept: Int, copies: [Int]) {
        self.kept = kept
        self.copies = copies
    }

    /// Stars around the pictures that come first.
    /// - Parameters:
    ///   - pairs: who is a copy of whom.
    ///   - precedes: whether the first of two is rather kept.
    package static func groups(
        count: Int, pairs: [(Int, Int)], precedes: (Int, Int) -> Bool
    ) -> [CopyGroup] {
        var links = [[Int]](repeating: [], count: count)
        for (first, second) in pairs {
            links[first].append(second)
            links[second].append(first)
        }
        let order = (0..<count).filter { !links[$0].isEmpty }.sorted(by: precedes)
        var taken = [Bool](repeating: false, count: count)
        var groups: [CopyGroup] = []
        for picture in order where !taken[picture] {
            let copies = links[picture].filter { !taken[$0] && $0 != picture }.sorted()
            guard !copies.isEmpty else { continue }
            taken[picture] = true
            for copy in copies { taken[copy] = true }
            groups.append(CopyGroup(kept: picture, copies: copies))
        }
        return groups
    }

    /// The same number for pictures that belong in one fold: copies, linked even over others. Where so much looks alike that
    /// most pictures would be in one (drawings, cells on glass), only equal files count.
    package static func folds(count: Int, equal: [(Int, Int)], near: [(Int, Int)]) -> [Int] {
        let groups = components(count: count, pairs: equal + near)
        var sizes = [Int](repeating: 0, count: count)
        for group in groups { sizes[group] += 1 }
        guard (sizes.max() ?? 0) <= max(mostCopies, count / mostCopies) else {
            return components(count: count, pairs: equal)
        }
        return groups
    }

    private static let mostCopies = 10

    /// The same as `folds` of files.
    /// - Parameter facts: nil for a picture that cannot be read.
    package static func folds(
        of facts: [PictureFacts?], features: UnitRows, threads: Int, progress: @Sendable (Double) -> Void = { _ in }
    ) -> [Int] {
        let (equal, alone) = separated(facts)
        let near = CopySearch().pairs(alone, features: features, threads: threads, progress: progress)
        return folds(count: facts.count, equal: equal, near: near.map { ($0.first, $0.second) })
    }

    /// Equal files, each with the first of them, and of each file once what is to be compared.
    static func separated(_ facts: [PictureFacts?]) -> (equal: [(Int, Int)], alone: [SmallGrey?]) {
        var first: [String: Int] = [:]
        var equal: [(Int, Int)] = []
        var alone = [SmallGrey?](repeating: nil, count: facts.count)
        for (index, facts) in facts.enumerated() {
            guard let facts else { continue }
            if let other = first[facts.digest] {
                equal.append((other, index))
            } else {
                first[facts.digest] = index
                alone[index] = facts.grey
            }
        }
        return (equal, alone)
    }

    /// A number for each picture: the same for all that are linked, even over others.
    package static func components(count: Int, pairs: [(Int, Int)]) -> [Int] {
        var parent = Array(0..<count)
        func root(_ index: Int) -> Int {
            var index = index
            while parent[index] != index {
                parent[index] = parent[parent[index]]
                index = parent[index]
            }
            return index
        }
        for (first, second) in pairs {
            let (a, b) = (root(first), root(second))
            parent[max(a, b)] = min(a, b)
        }
        return (0..<count).map(root)
    }
}
