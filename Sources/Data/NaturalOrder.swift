import Zoo

/// Whether `a` comes before `b` when runs of digits count as numbers: `2` before `10`, `img9` before `img10`. Everything
/// else is compared by byte, which for UTF-8 is by code point, as torchvision sorts class folders.
package func precedesNaturally(_ a: String, _ b: String) -> Bool {
    let left = a.fileBytes
    let right = b.fileBytes
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

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// The run of digits at `index` without leading zeros; `index` moves behind it.
private func digits(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    return bytes[start..<index].drop { $0 == UInt8(ascii: "0") }
}
