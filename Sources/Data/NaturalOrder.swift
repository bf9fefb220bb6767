/// Whether `a` comes before `b` when runs of digits count as numbers: `2` before `10`, `img9` before `img10`. Everything
/// else is compared by code point, as torchvision sorts class folders.
package func precedesNaturally(_ a: String, _ b: String) -> Bool {
    let left = Array(a.unicodeScalars)
    let right = Array(b.unicodeScalars)
    var i = 0
    var j = 0
    while i < left.count, j < right.count {
        if isDigit(left[i]), isDigit(right[j]) {
            let first = digits(left, &i)
            let second = digits(right, &j)
            if first.count != second.count { return first.count < second.count }
            if let (x, y) = zip(first, second).first(where: { $0 != $1 }) { return x.value < y.value }
        } else {
            if left[i] != right[j] { return left[i].value < right[j].value }
            i += 1
            j += 1
        }
    }
    if left.count - i != right.count - j { return left.count - i < right.count - j }
    // Equal but for leading zeros: any fixed order will do.
    return left.lexicographicallyPrecedes(right) { $0.value < $1.value }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

/// The run of digits at `index` without leading zeros; `index` moves behind it.
private func digits(_ scalars: [Unicode.Scalar], _ index: inout Int) -> ArraySlice<Unicode.Scalar> {
    let start = index
    while index < scalars.count, isDigit(scalars[index]) { index += 1 }
    return scalars[start..<index].drop { $0 == "0" }
}
