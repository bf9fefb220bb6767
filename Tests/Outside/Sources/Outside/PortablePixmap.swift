import Graft

/// A picture format that Graft does not have: portable pixmaps, `P6 WIDTH HEIGHT 255` and the pixels.
struct PortablePixmap: PictureFormat {
    let name = "PPM"
    let extensions = ["ppm"]

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
        start.starts(with: [0x50, 0x36]) && start.dropFirst(2).first.map(isSpace) == true
    }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        var rest = file.bytes.dropFirst(2)
        var numbers: [Int] = []
        while numbers.count < 3 {
            rest = rest.drop(while: isSpace)
            if rest.first == 0x23 {
                // A comment, to the end of its line.
                rest = rest.drop { $0 != 0x0A }
                continue
            }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            // One space ends the header; the pixels may look like more.
            guard let end = rest.first else { throw file.truncated() }
            guard let number = Int(String(decoding: digits.prefix(9), as: UTF8.self)), digits.count < 9, isSpace(end)
            else {
                throw file.damaged("a header without three numbers")
            }
            numbers.append(number)
        }
        guard numbers[2] == 255 else { throw file.unsupported("values up to \(numbers[2])") }
        try file.check(width: numbers[0], height: numbers[1])
        let pixels = rest.dropFirst().prefix(numbers[0] * numbers[1] * 3)
        guard pixels.count == numbers[0] * numbers[1] * 3 else { throw file.truncated() }
        return DecodedPicture(try Picture(width: numbers[0], height: numbers[1], pixels: Array(pixels)))
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
