import CImage

/// Tone curves, to the bit as Pillow's `ImageOps` has them.
extension Picture {
    /// Only the highest `bits` of each value are kept, 1 to 8.
    package func posterized(bits: Int) -> Picture {
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - max(1, min(8, bits))))
        return mapped { _, value in UInt8(value) & mask }
    }

    /// Values of `threshold` and above are inverted.
    package func solarized(threshold: Double) -> Picture {
        mapped { _, value in UInt8(Double(value) < threshold ? value : 255 - value) }
    }

    /// Each channel stretched from 0 to 255.
    package func withAutomaticContrast() -> Picture {
        let counts = histogram()
        return replacingChannels { channel in
            let counts = counts[channel * 256..<channel * 256 + 256]
            guard let low = counts.firstIndex(where: { $0 > 0 }), let high = counts.lastIndex(where: { $0 > 0 }),
                low < high
            else { return nil }
            let scale = 255 / Double(high - low)
            let offset = -Double(low - channel * 256) * scale
            return (0...255).map { UInt8(max(0, min(255, Double($0) * scale + offset))) }
        }
    }

    /// Each channel's values spread so that all occur about equally often.
    package func equalized() -> Picture {
        let counts = histogram()
        return replacingChannels { channel in
            let counts = counts[channel * 256..<channel * 256 + 256].map(Int.init)
            let step = (width * height - (counts.last { $0 > 0 } ?? 0)) / 255
            guard step > 0 else { return nil }
            var sum = step / 2
            return counts.map { count in
                defer { sum += count }
                return UInt8(min(255, sum / step))
            }
        }
    }

    private func mapped(_ curve: (_ channel: Int, _ value: Int) -> UInt8) -> Picture {
        mapped((0..<768).map { curve($0 / 256, $0 % 256) })
    }

    /// - Parameter curve: a channel's 256 new values; nil to leave it as it is.
    private func replacingChannels(_ curve: (_ channel: Int) -> [UInt8]?) -> Picture {
        mapped((0..<3).flatMap { curve($0) ?? Array(0...255) })
    }

    /// `[3, 256]`
    private func histogram() -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: 768) { buffer, count in
            graft_image_histogram(pixels, width * height, buffer.baseAddress)
            count = 768
        }
    }
}
