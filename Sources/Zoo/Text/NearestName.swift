/// The known name that a mistyped one most likely meant, or nil where none is close.
///
/// Optimal string alignment distance (insert, delete, replace, swap neighbours); at most a third of the name may differ,
/// not counting a path (`train.`) that both begin with.
public func nearestName(to name: String, among known: [String]) -> String? {
    let scored = known.map { (name: $0, distance: editDistance(Array(name.lowercased()), Array($0.lowercased()))) }
    guard let best = scored.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    let shared = zip(name, best.name).prefix { $0 == $1 }.map(\.0)
    let path = shared.lastIndex(of: ".").map { $0 + 1 } ?? 0
    return best.distance <= max(1, (max(name.count, best.name.count) - path) / 3) ? best.name : nil
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
