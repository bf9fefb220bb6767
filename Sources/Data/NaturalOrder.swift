import Zoo

/// Whether `a` comes before `b` when runs of digits count as numbers: `2` before `10`, `img9` before `img10`. Everything
/// else is compared by code point, as Python and so torchvision sorts class folders, bytes that are not UTF-8 included.
package func precedesNaturally(_ a: String, _ b: String) -> Bool {
    // The bytes of UTF-8 are in the order of its code points.
    a.hasByteScalars || b.hasByteScalars
        ? precedes(a.pythonCodePoints, b.pythonCodePoints) : precedes(Array(a.utf8), Array(b.utf8))
}

private func precedes<Unit: FixedWidthInteger>(_ left: [Unit], _ right: [Unit]) -> Bool {
    var i = 0
    var j = 0
    while i < left.count, j < right.count {
        if isDigit(left[i]), isDigit(right[j]) {
            let first = digits(left, &i)
            let second = digits(right, &j)
            if first.count != second.count { return first.count < second.count }
            if let (x, y) = zip(first, second).first(where: { $0 != $1 }) { return x < y }
        } else {
            if left[i] != right[j] { return left[i] < right[j] }
            i += 1
            j += 1
        }
    }
    if left.count - i != right.count - j { return left.count - i < right.count - j }
    // Equal but for leading zeros: any fixed order will do.
    return left.lexicographicallyPrecedes(right)
}

private func isDigit<Unit: FixedWidthInteger>(_ unit: Unit) -> Bool { (0x30...0x39).contains(unit) }

/// The run of digits at `index` without leading zeros; `index` moves behind it.
private func digits<Unit: FixedWidthInteger>(_ units: [Unit], _ index: inout Int) -> ArraySlice<Unit> {
    let start = index
    while index < units.count, isDigit(units[index]) { index += 1 }
    return units[start..<index].drop { $0 == 0x30 }
}
